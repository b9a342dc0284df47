// The ledger as a table, newest first.

import { exact, make, outcome, pretty } from "./text.js";

/** The most rows that are drawn. */
const ROWS = 200;

const WORDS = {
  number_set: (e) => ["Number", `${pretty(e.number)} → ${e.sms_url || "no webhook"}`],
  phone_added: (e) => ["Phone", `${e.name} ${pretty(e.number)}`],
  opt_out: (e) => [e.opted_out ? "Opt-out" : "Opt-in", `${pretty(e.phone)} for ${pretty(e.number)}`],
  inbound: (e) => ["Text from phone", `${pretty(e.from)} → ${pretty(e.to)}: ${e.body}`],
  accepted: (e) => ["Accepted", `${pretty(e.from)} → ${pretty(e.to)}: ${e.body}`],
  status: (e) => ["State", e.error_code ? `${e.status} (${e.error_code})` : e.status],
  delivered: (e) => ["Delivered", `${pretty(e.from)} → ${pretty(e.to)}: ${e.body}`],
  webhook: (e) => ["Webhook", `${e.status}: ${trial(e)}`],
  fault_set: (e) => ["Fault switch", `${e.fault.kind} ${e.fault.on ? "on" : "off"}`],
  faults_cleared: () => ["Fault switches", "all off"],
  fault_struck: (e) => ["Fault", e.fault],
};

function trial(entry) {
  const extra = [entry.attempt > 1 && `try ${entry.attempt}`, entry.copy > 1 && `copy ${entry.copy}`].filter(Boolean);
  return [outcome(entry), `${entry.elapsed_ms} ms`, ...extra].join(", ");
}

const failed = (entry) => entry.kind === "fault_struck" || Boolean(entry.error_code) ||
  (entry.kind === "webhook" && !(entry.outcome === "answered" && entry.http_status < 300));

export class LedgerPanel {
  constructor(state, panel, rows, kind, text) {
    Object.assign(this, { state, panel, rows, kind, text });
    kind.onchange = () => this.redraw();
    text.oninput = () => this.redraw();
  }

  redraw() {
    this.waiting = false;
    if (this.panel.hidden) return;
    const [kind, needle] = [this.kind.value, this.text.value.trim().toLowerCase()];
    const found = [];
    for (let i = this.state.entries.length - 1; i >= 0 && found.length < ROWS; i -= 1) {
      const entry = this.state.entries[i];
      if (kind && entry.kind !== kind) continue;
      if (needle && !JSON.stringify(entry).toLowerCase().includes(needle)) continue;
      found.push(row(entry));
    }
    const empty = make("tr", {}, make("td", { colSpan: 3, textContent: "Nothing yet." }));
    this.rows.replaceChildren(...(found.length ? found : [empty]));
  }

  /** Draws once a frame, however many entries came. */
  later() {
    if (this.waiting || this.panel.hidden) return;
    this.waiting = true;
    requestAnimationFrame(() => this.redraw());
  }
}

function row(entry) {
  const [what, details] = WORDS[entry.kind]?.(entry) ?? [entry.kind, ""];
  const cell = make("td", {}, make("span", { textContent: details }));
  if (entry.sid) cell.append(make("code", { textContent: entry.sid }));
  return make("tr", { className: failed(entry) ? "bad" : "" },
    make("td", { className: "time", textContent: exact(entry.at_ms) }), make("td", { textContent: what }), cell);
}
