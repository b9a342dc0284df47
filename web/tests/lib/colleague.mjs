/** A colleague with another client than ours: the program in `colleague.py`, which talks JSON lines. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { until } from "./wait.mjs";

const PROGRAM = fileURLToPath(new URL("colleague.py", import.meta.url));

export class Colleague {
  /** Signs in, makes the account's keys and signs its device. */
  static async start({ python, homeserver, employee, store }) {
    if (!python) throw new Error("VERBATIM_NIO_PYTHON must name a Python that has matrix-nio[e2e]");
    mkdirSync(store, { recursive: true });
    const child = spawn(python, [PROGRAM, homeserver, employee.userId, store], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, VERBATIM_COLLEAGUE_PASSWORD: employee.password },
    });
    const colleague = new Colleague(child);
    await colleague.sees("ready");
    return colleague;
  }

  constructor(child) {
    this.child = child;
    this.said = [];
    createInterface({ input: child.stdout }).on("line", (line) => this.said.push(JSON.parse(line)));
  }

  /** Makes an encrypted room; its id. */
  async makes(name, invite) {
    this.tell({ cmd: "make", name, invite });
    return (await this.sees("made")).room;
  }

  async says(room, body) {
    this.tell({ cmd: "say", room, body });
    await this.sees("sent");
  }

  /** The next event of this kind, which it is then taken out of what was said. */
  async sees(event, wanted = () => true) {
    return until(`the colleague's client: ${event}`, () => {
      const failed = this.said.find((said) => said.event === "failed");
      if (failed) throw new Error(`the colleague's client: ${failed.why}`);
      const at = this.said.findIndex((said) => said.event === event && wanted(said));
      return at < 0 ? undefined : this.said.splice(at, 1)[0];
    });
  }

  async stop() {
    this.child.stdin.end();
    if (this.child.exitCode === null) await once(this.child, "exit");
  }

  tell(command) {
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
  }
}
