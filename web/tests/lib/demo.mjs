/** The whole product as `verbatim demo` starts it: homeserver, carrier, Verbatim, the client's files. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A first start installs the homeserver. */
const START_MS = 10 * 60_000;
const STOP_MS = 60_000;
const LAST_LINES = 15;
/** Reads a second file of configuration into Synapse. */
const MORE_CONFIG = fileURLToPath(new URL("synapse", import.meta.url));

export class Demo {
  constructor({ program, data, portBase }) {
    this.program = program;
    this.data = data;
    this.portBase = portBase;
    this.more = {};
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
      env: { ...process.env, ...this.more },
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

  /** What the homeserver is told besides, from its next start on. */
  addToHomeserver(config) {
    const path = join(this.data, "homeserver-more.yaml");
    // JSON is YAML.
    writeFileSync(path, JSON.stringify(config));
    this.more = { PYTHONPATH: MORE_CONFIG, PYTHONDONTWRITEBYTECODE: "1", VERBATIM_TEST_SYNAPSE_CONFIG: path };
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
