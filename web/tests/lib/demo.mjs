/** The whole product as `verbatim demo` starts it: homeserver, carrier, Verbatim, the client's files. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { until } from "./wait.mjs";

/** A first start installs the homeserver. */
const START_MS = 10 * 60_000;
const STOP_MS = 60_000;
const LAST_LINES = 15;
/** Reads a second file of configuration into Synapse, and lets it be stopped and started by itself. */
const BESIDE_SYNAPSE = fileURLToPath(new URL("synapse", import.meta.url));

export class Demo {
  constructor({ program, data, portBase }) {
    this.program = program;
    this.data = data;
    this.portBase = portBase;
    this.synapse = {
      PYTHONPATH: BESIDE_SYNAPSE,
      PYTHONDONTWRITEBYTECODE: "1",
      VERBATIM_TEST_SYNAPSE_PID: join(data, "homeserver.pid"),
      VERBATIM_TEST_SYNAPSE_CONFIG: join(data, "homeserver-more.yaml"),
      VERBATIM_TEST_SYNAPSE_PACKAGES: join(data, "homeserver-packages"),
    };
  }

  /** From nothing; only the homeserver's programs stay, which take a minute to install. */
  clear() {
    if (!existsSync(join(this.data, ".verbatim-demo"))) return;
    const keep = new Set([".verbatim-demo", "synapse"]);
    const synapse = join(this.data, "synapse");
    const old = readdirSync(this.data).filter((name) => !keep.has(name)).map((name) => join(this.data, name));
    const of = existsSync(synapse) ? readdirSync(synapse).filter((name) => name !== "venv") : [];
    for (const path of [...old, ...of.map((name) => join(synapse, name))]) rmSync(path, { recursive: true, force: true });
  }

  /** Starts it and waits until it says where everything is; a second time it goes on with what was kept. */
  async start() {
    const child = spawn(this.program, ["demo", "--json", "--data", this.data, "--port-base", String(this.portBase)], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...this.synapse },
    });
    this.child = child;
    this.ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code)));
    // If these tests are ended, the demo ends with them.
    this.onExit = () => child.kill("SIGTERM");
    process.once("exit", this.onExit);
    const complaints = lastLines(child.stderr);
    this.facts = await firstLine(child, this.ended, complaints);
    return this.facts;
  }

  /** A Python whose packages the homeserver may use besides its own, from its next start on. */
  lendPackages(python) {
    const where = "import sysconfig; print(sysconfig.get_path('purelib'))";
    const packages = execFileSync(python, ["-c", where], { encoding: "utf8" }).trim();
    symlinkSync(packages, this.synapse.VERBATIM_TEST_SYNAPSE_PACKAGES);
  }

  /** What the homeserver is told besides, from its next start on. */
  tellHomeserver(config) {
    // JSON is YAML.
    writeFileSync(this.synapse.VERBATIM_TEST_SYNAPSE_CONFIG, JSON.stringify(config));
  }

  /** Stops the homeserver alone; all else goes on. */
  async stopHomeserver() {
    this.signalHomeserver("SIGUSR1");
    await until("the homeserver is away", async () => !(await this.homeserverAnswers()));
  }

  async startHomeserver() {
    this.signalHomeserver("SIGUSR2");
    await until("the homeserver answers", () => this.homeserverAnswers());
  }

  signalHomeserver(signal) {
    process.kill(Number(readFileSync(this.synapse.VERBATIM_TEST_SYNAPSE_PID, "ascii")), signal);
  }

  async homeserverAnswers() {
    const answer = await fetch(`${this.homeserver}/_matrix/client/versions`).catch(() => undefined);
    return answer?.ok === true;
  }

  /** As Ctrl-C does it. */
  async stop() {
    const { child } = this;
    if (!child) return;
    this.child = undefined;
    process.off("exit", this.onExit);
    child.kill("SIGINT");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    const end = await this.ended;
    clearTimeout(timer);
    if (end !== 0) throw new Error(`the demo ended with ${end}`);
  }

  get client() {
    return this.facts.client;
  }

  get homeserver() {
    return this.facts.homeserver;
  }

  get phonePage() {
    return this.facts.phone_page;
  }

  /** An employee by the name that they sign in with. */
  employee(name) {
    const found = this.facts.employees.find(({ user_id }) => user_id.startsWith(`@${name}:`));
    if (!found) throw new Error(`the demo has no ${name}`);
    return { name, userId: found.user_id, password: found.password, number: found.number };
  }
}

async function firstLine(child, ended, complaints) {
  const lines = createInterface({ input: child.stdout });
  const said = new Promise((resolve) => lines.once("line", resolve));
  const late = new Promise((resolve) => setTimeout(resolve, START_MS, "late").unref());
  const what = await Promise.race([said, ended.then((end) => ({ end })), late]);
  if (typeof what === "string" && what.startsWith("{")) {
    const facts = JSON.parse(what);
    if (facts.ok) return facts;
  }
  if (what === "late") child.kill("SIGTERM");
  throw new Error(`the demo did not start (${JSON.stringify(what)}):\n${complaints.join("\n")}`);
}

function lastLines(stream) {
  const kept = [];
  createInterface({ input: stream }).on("line", (line) => {
    kept.push(line);
    if (kept.length > LAST_LINES) kept.shift();
  });
  return kept;
}
