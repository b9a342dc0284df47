// How far each conversation was read in this browser, as positions in the ledger.

import { recall, remember } from "./memory.js";

export class Seen {
  /** Before the first visit everything counts as read; so it does when the ledger is another one. */
  constructor(ledger, newest) {
    const kept = recall("seen");
    this.all = kept?.ledger === ledger ? kept : { ledger, from: newest, threads: {} };
    remember("seen", this.all);
  }

  position(phone, other) {
    return this.all.threads[`${phone} ${other}`] ?? this.all.from;
  }

  read(phone, other, position) {
    if (this.position(phone, other) >= position) return;
    this.all.threads[`${phone} ${other}`] = position;
    remember("seen", this.all);
  }
}
