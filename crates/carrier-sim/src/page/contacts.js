// A phone's first screen: whom it can text, and the newest message of each.

import { clock, initial, make, pretty, say } from "./text.js";
import { preview } from "./thread.js";

export class Contacts {
  constructor(state, phone, choose) {
    Object.assign(this, { state, phone, choose });
    this.rows = new Map();
    this.hint = make("p", { className: "hint" });
    this.list = make("ul", { className: "people" });
    this.element = make("div", { className: "contacts" }, make("h3", { textContent: "Messages" }), this.hint, this.list);
  }

  draw() {
    const numbers = this.order();
    say(this.hint, this.words(numbers.length));
    const nodes = numbers.map((number) => this.row(number));
    const same = nodes.length === this.list.children.length && nodes.every((node, i) => node === this.list.children[i]);
    if (same) return;
    const focused = document.activeElement;
    this.list.replaceChildren(...nodes);
    // Moving a row takes its focus away.
    if (this.list.contains(focused)) focused.focus({ preventScroll: true });
  }

  words(count) {
    if (count === 0) return "The firm has no number yet, so there is nobody to text.";
    return this.isFresh() ? "Choose whom to text at the firm." : "";
  }

  /** Whether this phone has no message yet. */
  isFresh() {
    return [...this.phone.threads.values()].every(({ items }) => items.length === 0);
  }

  /** Newest conversation first, then those without one. */
  order() {
    const newest = (number) => this.phone.threads.get(number)?.items.at(-1)?.at ?? 0;
    const numbers = [...new Set([...this.state.numbers.keys(), ...this.phone.threads.keys()])];
    return numbers.sort((a, b) => newest(b) - newest(a));
  }

  row(number) {
    if (!this.rows.has(number)) this.rows.set(number, person(number, () => this.choose(number)));
    const row = this.rows.get(number);
    const thread = this.phone.threads.get(number);
    const item = thread?.items.at(-1);
    const name = this.state.nameOf(number);
    say(row.avatar, initial(name));
    say(row.name, name);
    say(row.at, item ? clock(item.at) : "");
    say(row.line, item ? preview(item) : name === pretty(number) ? "A number of the firm" : pretty(number));
    say(row.unread, thread?.unread ? String(thread.unread) : "");
    say(row.words, thread?.unread ? " unread" : "");
    return row.node;
  }

  focus(number) {
    (this.rows.get(number)?.node ?? this.list).querySelector("button")?.focus();
  }
}

function person(number, onclick) {
  const [name, at, line, unread, words] = ["who-name", "at", "line", "unread", "unseen"].map((className) => make("span", { className }));
  const avatar = make("span", { className: "avatar", "aria-hidden": "true" });
  const button = make("button", { type: "button", className: "person", onclick }, avatar, name, at, line, unread, words);
  return { node: make("li", {}, button), avatar, name, at, line, unread, words };
}
