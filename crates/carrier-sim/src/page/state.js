// What the page knows: a reading of the ledger, entry by entry.

import { get } from "./http.js";
import { Seen } from "./seen.js";
import { outcome, pretty } from "./text.js";

/** The newest entries that are read at the start. */
const TAIL = 5000;
/** The most that are kept for the ledger view. */
const KEPT = 2000;

export class State {
  phones = new Map();
  /** The numbers of the account, and who answers there. */
  numbers = new Map();
  messages = new Map();
  entries = [];
  position = 0;

  async load() {
    const { newest, entries: [first] } = await get("/sim/ledger?limit=1");
    this.first = first?.at_ms;
    this.seen = new Seen(this.first, newest);
    const after = Math.max(0, newest - TAIL);
    const [{ phones }, { numbers }, { entries }] = await Promise.all([
      get("/sim/phones"), get("/sim/numbers"), get(`/sim/ledger?after=${after}`),
    ]);
    for (const phone of phones) this.phone(phone.number, phone.name).optedOut = new Set(phone.opted_out);
    for (const { number, name } of numbers) this.numbers.set(number, name);
    this.position = after;
    for (const entry of entries) this.apply(entry);
  }

  /** Whether the ledger is another one than was loaded: the simulator began anew. */
  async isForeign() {
    const { newest, entries: [first] } = await get("/sim/ledger?limit=1");
    return newest < this.position || (this.first !== undefined && first?.at_ms !== this.first);
  }

  /** Takes in an entry and tells which phone it touches, if one. */
  apply(entry) {
    if (entry.seq <= this.position) return null;
    this.position = entry.seq;
    this.first ??= entry.at_ms;
    this.entries.push(entry);
    if (this.entries.length > 2 * KEPT) this.entries.splice(0, KEPT);
    return READERS[entry.kind]?.(this, entry) ?? null;
  }

  phone(number, name = number) {
    if (!this.phones.has(number)) {
      this.phones.set(number, { number, name, optedOut: new Set(), threads: new Map() });
    }
    return this.phones.get(number);
  }

  /** The conversation of a phone with a number. */
  thread(phone, other) {
    const { threads } = this.phone(phone);
    if (!threads.has(other)) threads.set(other, { with: other, items: [], unread: 0 });
    return threads.get(other);
  }

  /** Adds an item to a conversation; its key tells it from the others there. */
  item(phone, other, item) {
    this.thread(phone, other).items.push({ ...item, phone, with: other });
    return phone;
  }

  message(entry, phone, other, kind) {
    this.item(phone, other, { key: entry.sid, kind, body: entry.body, at: entry.at_ms });
    const message = this.thread(phone, other).items.at(-1);
    this.messages.set(entry.sid, message);
    return message;
  }

  /** What a number is called: a phone's name, an employee's name, or the number. */
  nameOf(number) {
    const name = this.numbers.get(number) || this.phones.get(number)?.name;
    return name && name !== number ? name : pretty(number);
  }

  /** A conversation was shown to its newest text. */
  read(phone, other) {
    const thread = this.thread(phone, other);
    thread.unread = 0;
    this.seen.read(phone, other, thread.newest ?? 0);
  }

  /** How many texts wait unread on a phone. */
  unread(phone) {
    return [...this.phone(phone).threads.values()].reduce((sum, thread) => sum + thread.unread, 0);
  }
}

/** Each gives the phone that it touches, if one. */
const READERS = {
  number_set(state, { number }) {
    if (!state.numbers.has(number)) state.numbers.set(number, "");
  },
  number_named(state, { number, name }) {
    state.numbers.set(number, name);
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
    return state.message(entry, entry.from, entry.to, "mine").phone;
  },
  accepted(state, entry) {
    const message = state.message(entry, entry.to, entry.from, "coming");
    message.state = "queued";
    return message.phone;
  },
  refused(state, entry) {
    if (!state.phones.has(entry.to) || !state.numbers.has(entry.from)) return null;
    return state.item(entry.to, entry.from, { key: `refused ${entry.seq}`, kind: "refused", at: entry.at_ms, error: entry.code });
  },
  status(state, entry) {
    const message = state.messages.get(entry.sid);
    if (!message) return null;
    message.state = entry.status;
    message.error = entry.error_code;
    return message.phone;
  },
  delivered(state, entry) {
    const message = state.messages.get(entry.sid) ?? state.message(entry, entry.to, entry.from, "theirs");
    // A phone shows a message when it arrives, not when it was sent.
    Object.assign(message, { kind: "theirs", at: entry.at_ms, state: "delivered" });
    const thread = state.thread(message.phone, message.with);
    thread.items.push(...thread.items.splice(thread.items.lastIndexOf(message), 1));
    thread.newest = entry.seq;
    if (entry.seq > state.seen.position(message.phone, message.with)) thread.unread += 1;
    return message.phone;
  },
  webhook(state, entry) {
    const message = state.messages.get(entry.sid);
    if (message?.kind !== "mine" || message.taken) return null;
    message.taken = entry.outcome === "answered" && entry.http_status >= 200 && entry.http_status < 300;
    message.tried = outcome(entry);
    return message.phone;
  },
};
