/** What the scenarios, the pictures and the measurements begin with: the product running, and a browser. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Browser } from "./browser.mjs";
import { Carrier } from "./carrier.mjs";
import { Client } from "./client.mjs";
import { Colleague } from "./colleague.mjs";
import { Demo } from "./demo.mjs";
import { Homeserver } from "./homeserver.mjs";

/** Away from the ports of a demo that somebody looks at, and from those of the other checks. */
const PORT_BASE = 18_490;

/** Phones of the demo, by their owners. */
export const PHONES = { carol: "+12025550141", dan: "+12025550142", erin: "+12025550143" };

export class Stage {
  /** Everything from nothing; where, the environment says. */
  static async set() {
    const stage = new Stage();
    await stage.begin();
    return stage;
  }

  /** Plays something on a stage of its own; what the browser complains of is an error, too. */
  static async play(act) {
    const stage = await Stage.set();
    try {
      await act(stage);
      const complaints = stage.browser.faults();
      if (complaints.length > 0) throw new Error(complaints.join("\n"));
    } catch (error) {
      console.error(["pictures:", ...(await stage.photograph("failed")), ...stage.browser.faults()].join("\n  "));
      throw error;
    } finally {
      await stage.strike();
    }
  }

  async begin() {
    const data = required("VERBATIM_BROWSER_DATA");
    this.failures = `${data}-failures`;
    rmSync(this.failures, { recursive: true, force: true });
    const portBase = Number(process.env.VERBATIM_BROWSER_PORT_BASE ?? PORT_BASE);
    this.demo = new Demo({ program: required("VERBATIM_BIN"), data, portBase });
    this.demo.clear();
    // Whoever ends us ends the demo: it is told when this process exits.
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
    const facts = await this.demo.start();
    if (!facts.client_is_built) throw new Error("the employee's client is not built");
    this.carrier = new Carrier(this.demo.phonePage);
    this.homeserver = new Homeserver(this.demo.homeserver);
    this.alice = this.demo.employee("alice");
    this.bob = this.demo.employee("bob");
    this.browser = await Browser.launch();
  }

  /** A browser of its own, bound to the client and the homeserver. */
  async newProfile(name, options) {
    const profile = await this.browser.profile(name, options);
    return profile.mayAsk(this.demo.client, this.demo.homeserver);
  }

  /** The client in a browser of its own, before anybody has signed in. */
  async open(name, options) {
    const profile = await this.newProfile(name, options);
    return { profile, client: await Client.open(profile, this.demo.client) };
  }

  /** Somebody's first device, ready for use; and their recovery key. */
  async firstDevice(name, employee, options) {
    const { profile, client } = await this.open(name, options);
    await client.signIn(employee);
    const key = await client.recoveryKey();
    await client.keepKey();
    await client.isOnline();
    return { profile, client, key };
  }

  /** Bob with a client that is not ours. */
  async colleague() {
    return (this.bobs = await Colleague.start({
      python: process.env.VERBATIM_NIO_PYTHON,
      homeserver: this.demo.homeserver,
      employee: this.bob,
      store: join(this.demo.data, "colleague"),
    }));
  }

  /** Pictures of all pages that are open, for who has to find out what went wrong. */
  async photograph(name) {
    mkdirSync(this.failures, { recursive: true });
    const pages = this.browser.browser.contexts().flatMap((context) => context.pages());
    const paths = pages.map((_, at) => join(this.failures, `${name.replace(/\W+/g, "-")}-${at}.png`));
    await Promise.allSettled(pages.map((page, at) => page.screenshot({ path: paths[at], timeout: 10_000 })));
    return paths;
  }

  /** Nobody has the client open any more. */
  async closeProfiles() {
    await Promise.all(this.browser.profiles.map((profile) => profile.close()));
  }

  /** What a step that failed has left open must not stand in the way of the next. */
  async tidy() {
    const { page } = this.client ?? {};
    if (!page || page.isClosed()) return;
    await page.unrouteAll({ behavior: "ignoreErrors" });
    if (await page.getByRole("dialog").count()) await page.keyboard.press("Escape");
  }

  async strike() {
    await this.bobs?.stop();
    await this.browser?.close();
    await this.provider?.stop();
    await this.demo.stop();
  }
}

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run this by \`cargo xtask ci --only browser\``);
  return value;
}
