// What the page knows: a reading of the ledger, entry by entry.

import { outcome } from "./text.js";

/** The newest entries that are read at the start. */
const TAIL = 5000;
/** The most that are kept for the ledger view. */
const KEPT = 2000;

export class State {
  phones = new Map();
  numbers = [];
  messages = new Map();
  entries = [];
  position = 0;

  async load() {
    const { newest } = await get("/sim/ledger?limit=0");
    const after = Math.max(0, newest - TAIL);
    const [{ phones }, { numbers }, { entries }] = await Promise.all([
      get("/sim/phones"), get("/sim/numbers"), get(`/sim/ledger?after=${after}`),
    ]);
    for (const phone of phones) this.phone(phone.number, phone.name).optedOut = new Set(phone.opted_out);
    this.numbers = numbers.map((number) => number.number);
    this.position = after;
    for (const entry of entries) this.apply(entry);
  }

  /** Takes in an entry and tells which phone it touches, if one. */
  apply(entry) {
    if (entry.seq <= this.position) return null;
    this.position = entry.seq;
    this.entries.push(entry);
    if (this.entries.length > 2 * KEPT) this.entries.splice(0, KEPT);
    const read = READERS[entry.kind];
    return read ? read(this, entry) : null;
  }

  phone(number, name = number) {
    if (!this.phones.has(number)) {
      this.phones.set(number, { number, name, optedOut: new Set(), bubbles: [] });
    }
    return this.phones.get(number);
  }

  message(entry, phone, other, inbound) {
    const message = { sid: entry.sid, phone, with: other, body: entry.body, at: entry.at_ms, inbound };
    this.messages.set(entry.sid, message);
    this.phone(phone).bubbles.push(message);
    return phone;
  }
}

const READERS = {
  number_set(state, { number }) {
    if (!state.numbers.includes(number)) state.numbers.push(number);
    return null;
  },
  phone_added(state, { number, name }) {
    state.phone(number).name = name;
    return number;
  },
  opt_out(state, entry) {
    const { optedOut } = state.phone(entry.phone);
    if (entry.opted_out) optedOut.add(entry.number);
    else optedOut.delete(entry.number);
    return entry.phone;
  },
  inbound(state, entry) {
    return state.message(entry, entry.from, entry.to, true);
  },
  accepted(state, entry) {
    const phone = state.message(entry, entry.to, entry.from, false);
    state.messages.get(entry.sid).state = "queued";
    return phone;
  },
  status(state, entry) {
    const message = state.messages.get(entry.sid);
    if (!message) return null;
    message.state = entry.status;
    message.error = entry.error_code;
    return message.phone;
  },
  delivered(state, entry) {
    const message = state.messages.get(entry.sid);
    if (!message) return state.message(entry, entry.to, entry.from, false);
    // A phone shows a message when it arrives, not when it was sent.
    message.at = entry.at_ms;
    message.state = "delivered";
    const { bubbles } = state.phone(message.phone);
    bubbles.push(...bubbles.splice(bubbles.indexOf(message), 1));
    return message.phone;
  },
  webhook(state, entry) {
    const message = state.messages.get(entry.sid);
    if (!message?.inbound || message.taken) return null;
    message.taken = entry.outcome === "answered" && entry.http_status >= 200 && entry.http_status < 300;
    message.tried = outcome(entry);
    return message.phone;
  },
};

export async function get(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`The simulator answered ${answer.status}.`);
  return answer.json();
}

export async function post(path, body) {
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, request).catch(() => null);
  if (!answer) throw new Error("The simulator cannot be reached.");
  const result = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(result.error ?? `The simulator answered ${answer.status}.`);
  return result;
}
