/** Chromium, watched: an error of the page, of the console or of the Content-Security-Policy fails the test. */
import { chromium } from "playwright-core";

/**
 * Answers by which the homeserver says that something is not there yet, or asks for something first. They are
 * part of talking to it, and the browser writes each into the console as an error.
 */
const USUAL = [
  { path: /\/room_keys\/version$/, status: 404 },
  // Keys are backed up some seconds after they came: a browser that is quicker asks in vain.
  { path: /\/room_keys\/keys\/[^/]+\/[^/]+$/, status: 404 },
  // Another browser has made the backup anew; this one learns it by that.
  { path: /\/room_keys\/keys$/, status: 404 },
  { path: /\/user\/[^/]+\/account_data\/[^/]+$/, status: 404 },
  { path: /\/rtc\/transports$/, status: 404 },
  // An access token that has run out, and is renewed then; or keys that are asked to be confirmed.
  { path: /\/_matrix\/client\/.*$/, status: 401 },
];

/** The SDK was stopped while it fetched keys beforehand: nobody waits for that, and nobody can catch it. */
const ENDED_EARLY = /^OutgoingRequestsManager was stopped\n|^null pointer passed to rust\n[^]*\bshareRoomKey\b/;

const FAILED_LOAD = /^Failed to load resource: .*?(?:status of (\d+)|(net::ERR_\w+))/;

export class Browser {
  /** Its path comes from the environment where it is not Debian's. */
  static async launch() {
    const executablePath = process.env.VERBATIM_CHROMIUM ?? "/usr/bin/chromium";
    // No sandbox within a sandbox: tests run as root in containers, with a small /dev/shm.
    const args = ["--no-sandbox", "--disable-dev-shm-usage"];
    return new Browser(await chromium.launch({ executablePath, args }));
  }

  constructor(browser) {
    this.browser = browser;
    this.profiles = [];
  }

  get version() {
    return this.browser.version();
  }

  /** A browser of its own for somebody: own storage, own keys. */
  async profile(name, options = {}) {
    const context = await this.browser.newContext({
      locale: "en-US",
      viewport: { width: 1180, height: 760 },
      reducedMotion: "reduce",
      permissions: ["clipboard-read", "clipboard-write"],
      ...options,
    });
    const profile = new Profile(name, context);
    await profile.watch();
    this.profiles.push(profile);
    return profile;
  }

  /** What nobody expected, in all profiles, since the last time. */
  faults() {
    return this.profiles.flatMap((profile) => profile.faults.splice(0));
  }

  async close() {
    await this.browser.close();
  }
}

class Profile {
  constructor(name, context) {
    this.name = name;
    this.context = context;
    this.faults = [];
    this.allowed = [];
    this.origins = new Set();
  }

  /** The only addresses that its pages may ask. */
  mayAsk(...addresses) {
    for (const address of addresses) this.origins.add(new URL(address).origin);
    return this;
  }

  async page() {
    const page = await this.context.newPage();
    page.setDefaultTimeout(60_000);
    return page;
  }

  async close() {
    await this.context.close();
  }

  /** Runs `act`, in which answers such as these are no faults: a status, or the network's own word. */
  async expecting(words, act) {
    this.allowed.push(...words);
    try {
      return await act();
    } finally {
      this.allowed = this.allowed.filter((word) => !words.includes(word));
    }
  }

  async watch() {
    const { context } = this;
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`Content-Security-Policy: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    context.on("weberror", (error) => this.onError(error.error()));
    context.on("console", (message) => this.onConsole(message));
    context.on("request", (request) => this.onRequest(request));
    context.on("page", (page) => page.on("crash", () => this.fault("the page crashed")));
  }

  onError(error) {
    const told = (error.stack ?? error.message).replace(/^Error: /, "");
    if (!ENDED_EARLY.test(told)) this.fault(`page: ${told}`);
  }

  onConsole(message) {
    if (message.type() !== "error") return;
    const { url } = message.location();
    const failed = FAILED_LOAD.exec(message.text());
    const what = failed?.[1] ?? failed?.[2];
    if (what && (this.allowed.includes(what) || isUsual(url, Number(what)))) return;
    this.fault(`console: ${message.text()} (${url})`);
  }

  onRequest(request) {
    const { origin, protocol } = new URL(request.url());
    if (protocol === "data:" || protocol === "blob:" || this.origins.size === 0) return;
    if (!this.origins.has(origin)) this.fault(`asks somebody else: ${origin}`);
  }

  fault(words) {
    this.faults.push(`${this.name}: ${words}`);
  }
}

function isUsual(url, status) {
  const path = url.split("?")[0];
  return USUAL.some((known) => known.status === status && known.path.test(path));
}
