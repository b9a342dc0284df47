// The ledger as a table, newest first: what passed between the firm, the carrier and the phones.

import { code } from "./codes.js";
import { NAMES } from "./kinds.js";
import { exact, make, outcome, pretty } from "./text.js";

/** The most rows that are drawn. */
const ROWS = 200;

/** For each kind of entry: what it is called, and its details. */
const WORDS = {
  inbound: (e, name) => ["Phone texts", `${name(e.from)} → ${name(e.to)}: ${e.body}`],
  accepted: (e, name) => ["Firm sends", `${name(e.from)} → ${name(e.to)}: ${e.body}`],
  refused: (e, name) => ["Refused", `${name(e.from)} → ${name(e.to)}: ${e.status}, ${code(e.code)}`],
  status: (e) => ["State", e.error_code ? `${e.status} (${code(e.error_code)})` : e.status],
  delivered: (e, name) => ["Phone shows", `${name(e.from)} → ${name(e.to)}: ${e.body}`],
  webhook: (e) => ["Firm is told", `${e.status}: ${trial(e)}`],
  opt_out: (e, name) => [e.opted_out ? "Opt-out" : "Opt-in", `${name(e.phone)} for ${name(e.number)}`],
  fault_struck: (e) => ["Fault strikes", NAMES.get(e.fault) ?? e.fault],
  fault_set: (e) => ["Switch", `${NAMES.get(e.fault.kind) ?? e.fault.kind}: ${e.fault.on ? "on" : "off"}`],
  faults_cleared: () => ["Switch", "all faults off"],
  number_set: (e) => ["Number", `${pretty(e.number)} → ${e.sms_url || "no webhook"}`],
  number_named: (e) => ["Number", `${pretty(e.number)} is ${e.name || "nobody’s"}`],
  phone_added: (e) => ["Phone", `${e.name} ${pretty(e.number)}`],
};

function trial(entry) {
  const extra = [entry.attempt > 1 && `try ${entry.attempt}`, entry.copy > 1 && `copy ${entry.copy}`].filter(Boolean);
  return [outcome(entry), `${entry.elapsed_ms} ms`, ...extra].join(", ");
}

const failed = (entry) => ["fault_struck", "refused"].includes(entry.kind) || Boolean(entry.error_code) ||
  (entry.kind === "webhook" && !(entry.outcome === "answered" && entry.http_status < 300));

export class LedgerPanel {
  constructor(state, panel, rows, kind, text) {
    Object.assign(this, { state, panel, rows, kind, text, drawn: 0 });
    kind.onchange = () => this.redraw();
    text.oninput = () => this.redraw();
  }

  redraw() {
    this.drawn = 0;
    this.rows.replaceChildren();
    this.draw();
  }

  /** Puts what is new on top; rows that stand are left alone. */
  draw() {
    this.waiting = false;
    if (this.panel.hidden) return;
    const fresh = this.find();
    this.drawn = this.state.position;
    this.rows.querySelector(".nothing")?.remove();
    this.rows.prepend(...fresh.map((entry) => this.row(entry)));
    while (this.rows.children.length > ROWS) this.rows.lastElementChild.remove();
    if (this.rows.children.length === 0) {
      this.rows.append(make("tr", { className: "nothing" }, make("td", { colSpan: 3, textContent: this.state.entries.length > 0 ? "Nothing like that." : "Nothing happened yet." })));
    }
  }

  find() {
    const [kind, needle] = [this.kind.value, this.text.value.trim().toLowerCase()];
    const found = [];
    for (let i = this.state.entries.length - 1; i >= 0 && found.length < ROWS; i -= 1) {
      const entry = this.state.entries[i];
      if (entry.seq <= this.drawn) break;
      if (kind && entry.kind !== kind) continue;
      if (needle && !this.haystack(entry).includes(needle)) continue;
      found.push(entry);
    }
    return found;
  }

  words(entry) {
    return WORDS[entry.kind]?.(entry, (number) => this.state.nameOf(number)) ?? [entry.kind, ""];
  }

  haystack(entry) {
    return `${this.words(entry).join(" ")} ${JSON.stringify(entry)}`.toLowerCase();
  }

  row(entry) {
    const [what, details] = this.words(entry);
    const cell = make("td", {}, make("span", { textContent: details }));
    // Enough to see which lines belong together.
    if (entry.sid) cell.append(make("code", { title: entry.sid, textContent: `${entry.sid.slice(0, 2)}…${entry.sid.slice(-8)}` }));
    return make("tr", { className: failed(entry) ? "bad" : "" },
      make("td", { className: "time", textContent: exact(entry.at_ms) }), make("td", { textContent: what }), cell);
  }

  /** Draws once a frame, however many entries came. */
  later() {
    if (this.waiting || this.panel.hidden) return;
    this.waiting = true;
    requestAnimationFrame(() => this.draw());
  }
}
