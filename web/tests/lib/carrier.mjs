/** The simulated carrier, through its control API: phones that text, what they got, and faults. */
import { until } from "./wait.mjs";

export class Carrier {
  constructor(base) {
    this.base = base;
  }

  /** A phone texts one of the firm's numbers. */
  async text(phone, to, body) {
    await this.call(`phones/${encodeURIComponent(phone)}/send`, { to, body });
  }

  /** Waits until a phone has got the text. */
  async gets(phone, body, patienceMs) {
    const url = `phones/${encodeURIComponent(phone)}/messages`;
    return until(
      `${phone} gets “${body}”`,
      async () => (await this.call(url)).messages.find((m) => m.direction === "received" && m.body === body),
      patienceMs,
    );
  }

  /** How many messages with this text the carrier has accepted, ever. */
  async accepted(body) {
    const { entries } = await this.call("ledger");
    return entries.filter((entry) => entry.kind === "accepted" && entry.body === body).length;
  }

  /** The carrier learns, by another way than a text to the firm, that a phone wants nothing from a number. */
  async optOut(phone, number) {
    await this.call(`phones/${encodeURIComponent(phone)}/opt-out`, { number, opted_out: true });
  }

  /** Turns a fault on for the next so many times. */
  async fault(kind, count, more = {}) {
    await this.call("faults", { faults: [{ kind, count, ...more }] });
  }

  async call(path, body) {
    const how = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(`${this.base}/sim/${path}`, how || undefined);
    if (!answer.ok) throw new Error(`carrier: ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}
