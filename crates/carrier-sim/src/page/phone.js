// One phone: its conversations, and the field to write in.

import { clock, counter, day, make, pretty } from "./text.js";
import { post } from "./state.js";

/** The most bubbles that one conversation shows. */
const SHOWN = 200;
const FINAL = new Set(["undelivered", "failed"]);

export class PhoneView {
  constructor(state, phone, index, hide) {
    this.state = state;
    this.phone = phone;
    this.rows = new Map();
    this.seen = new Map();
    this.lastDay = "";
    this.build(index, hide);
    this.with = this.newestPartner();
    // What was there before the page counts as seen.
    for (const number of state.numbers) this.look(number);
    this.update();
  }

  build(index, hide) {
    const id = `phone-${this.phone.number.slice(1)}`;
    this.title = make("h2", { id });
    this.avatar = make("span", { className: `avatar tint-${index % 6}`, "aria-hidden": "true" });
    const close = make("button", { type: "button", className: "close", onclick: hide, textContent: "✕", "aria-label": "Hide this phone", title: "Hide this phone" });
    const name = make("div", { className: "who" }, this.title, make("p", { className: "number", textContent: pretty(this.phone.number) }));
    this.partner = make("select", { id: `${id}-with`, onchange: () => this.show(this.partner.value) });
    this.refuses = make("input", { type: "checkbox", onchange: () => this.refuse() });
    const options = make("div", { className: "thread" },
      make("label", { htmlFor: `${id}-with`, textContent: "To" }), this.partner,
      make("label", { className: "check", title: "Sending to this phone from this number is then refused with error 21610" }, this.refuses, " Opted out"));
    this.others = make("button", { type: "button", className: "others", hidden: true });
    this.log = make("ol", { className: "log", tabIndex: 0, role: "log", "aria-label": "Messages" });
    this.element = make("section", { className: "phone", "aria-labelledby": id },
      make("header", { className: "phone-head" }, this.avatar, name, close), options, this.others, this.log, this.composer(id));
  }

  composer(id) {
    this.field = make("textarea", { id: `${id}-text`, rows: 2, placeholder: "Text message", enterKeyHint: "send", "aria-label": "Text message", "aria-describedby": `${id}-count` });
    this.count = make("p", { id: `${id}-count`, className: "count" });
    this.error = make("p", { className: "error", role: "alert" });
    this.button = make("button", { type: "submit", className: "primary send", textContent: "Send", disabled: true });
    this.field.oninput = () => this.typed();
    this.field.onkeydown = (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.send();
      }
    };
    const form = make("form", { className: "composer" }, this.field, this.button, this.count, this.error);
    form.onsubmit = (event) => {
      event.preventDefault();
      this.send();
    };
    return form;
  }

  typed() {
    this.count.textContent = counter(this.field.value);
    this.button.disabled = this.field.value.trim() === "" || !this.with;
  }

  async send() {
    if (this.button.disabled) return;
    const body = this.field.value;
    this.button.disabled = true;
    try {
      await post(`/sim/phones/${encodeURIComponent(this.phone.number)}/send`, { to: this.with, body });
      this.error.textContent = "";
      this.field.value = "";
    } catch (error) {
      this.error.textContent = error.message;
    }
    this.typed();
  }

  async refuse() {
    const change = { number: this.with, opted_out: this.refuses.checked };
    try {
      await post(`/sim/phones/${encodeURIComponent(this.phone.number)}/opt-out`, change);
    } catch (error) {
      this.error.textContent = error.message;
    }
  }

  newestPartner() {
    return this.phone.bubbles.at(-1)?.with ?? this.state.numbers[0];
  }

  show(number) {
    if (number !== this.with) {
      this.with = number;
      this.rows.clear();
      this.lastDay = "";
      this.log.replaceChildren();
    }
    this.update();
  }

  update() {
    this.with ??= this.newestPartner();
    this.title.textContent = this.phone.name === this.phone.number ? "Unnamed phone" : this.phone.name;
    this.avatar.textContent = this.phone.name === this.phone.number ? "#" : [...this.phone.name][0].toUpperCase();
    this.fillPartners();
    this.refuses.checked = this.phone.optedOut.has(this.with);
    const atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 60;
    const thread = this.phone.bubbles.filter((message) => message.with === this.with).slice(-SHOWN);
    for (const message of thread) this.draw(message);
    this.look(this.with);
    this.log.classList.toggle("empty-log", thread.length === 0);
    if (atEnd) this.log.scrollTop = this.log.scrollHeight;
    this.tellOthers();
    this.typed();
  }

  look(number) {
    this.seen.set(number, this.phone.bubbles.filter(arrived(number)).length);
  }

  fillPartners() {
    const numbers = [...new Set([...this.state.numbers, ...this.phone.bubbles.map((m) => m.with)])];
    if (this.partner.options.length !== numbers.length) {
      this.partner.replaceChildren(...numbers.map((number) => make("option", { value: number, textContent: pretty(number) })));
    }
    this.partner.value = this.with ?? "";
  }

  /** A row is made once and then only changed, so that a screen reader hears each message once. */
  draw(message) {
    let row = this.rows.get(message.sid);
    if (row && row.arrived !== isHere(message)) {
      row.item.remove();
      row = undefined;
    }
    if (!row) {
      row = this.row(message);
      this.rows.set(message.sid, row);
    }
    row.note.textContent = note(message);
    row.item.classList.toggle("bad", isBad(message));
  }

  row(message) {
    if (day(message.at) !== this.lastDay) {
      this.lastDay = day(message.at);
      this.log.append(make("li", { className: "day", textContent: this.lastDay }));
    }
    const here = isHere(message);
    const meta = make("span", { className: "note" });
    const kind = message.inbound ? "mine" : here ? "theirs" : "coming";
    const item = make("li", { className: `bubble ${kind}` });
    const who = make("span", { className: "unseen", textContent: message.inbound ? "You: " : "They: " });
    if (here) item.append(make("p", { className: "body" }, who, message.body));
    item.append(meta);
    this.log.append(item);
    return { item, note: meta, arrived: here };
  }

  tellOthers() {
    const unread = this.state.numbers.map((number) => {
      const count = this.phone.bubbles.filter(arrived(number)).length - (this.seen.get(number) ?? 0);
      return { number, count };
    }).filter(({ number, count }) => number !== this.with && count > 0);
    this.others.hidden = unread.length === 0;
    if (unread.length === 0) return;
    const [{ number, count }] = unread;
    this.others.textContent = `${count} new from ${pretty(number)}`;
    this.others.onclick = () => {
      this.show(number);
      this.field.focus();
    };
  }
}

const isHere = (message) => message.inbound || message.state === "delivered";
const isBad = (message) => FINAL.has(message.state) || (message.inbound && message.tried && !message.taken);
const arrived = (number) => (message) => message.with === number && !message.inbound && isHere(message);

function note(message) {
  const at = clock(message.at);
  if (message.inbound) {
    if (message.taken) return `${at} · ✓✓ taken by the firm`;
    return message.tried ? `${at} · not taken: ${message.tried}` : `${at} · ✓ with the carrier`;
  }
  if (message.state === "delivered") return `${at} · delivered`;
  if (FINAL.has(message.state)) return `${at} · a message did not arrive (${message.state}, ${message.error ?? "no code"})`;
  return `A message is on its way: ${message.state}`;
}
