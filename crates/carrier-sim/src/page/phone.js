// One phone: whose it is, its frame, and its two screens: whom to text, and a conversation.

import { Composer } from "./composer.js";
import { Contacts } from "./contacts.js";
import { recall, remember } from "./memory.js";
import { setOptedOut } from "./optout.js";
import { clock, icon, initial, make, pretty, say } from "./text.js";
import { Thread } from "./thread.js";

export class PhoneView {
  constructor(state, phone, hide) {
    Object.assign(this, { state, phone });
    const id = `phone-${phone.number.slice(1)}`;
    this.contacts = new Contacts(state, phone, (number) => this.open(number, true));
    this.thread = new Thread("Messages");
    this.composer = new Composer(id, phone);
    this.room = make("div", { className: "thread", hidden: true }, this.head(id), this.details(id), this.thread.element, this.composer.element);
    const screen = make("div", { className: "screen" }, this.bar(), this.contacts.element, this.room);
    this.element = make("section", { className: "phone", "aria-labelledby": id }, this.owner(id, hide), make("div", { className: "frame" }, screen));
    this.begin();
  }

  /** Where this phone was, or its newest conversation, or the only one there can be. */
  begin() {
    const was = recall(`open ${this.phone.number}`);
    const known = (number) => this.state.numbers.has(number) || this.phone.threads.has(number);
    const order = this.contacts.order();
    if (was !== undefined && (was === "" || known(was))) this.open(was);
    else this.open(this.contacts.isFresh() && order.length !== 1 ? "" : order[0] ?? "");
  }

  owner(id, hide) {
    this.name = make("h2", { id });
    const words = make("span", { className: "unseen" });
    this.putAway = words;
    return make("header", { className: "owner" }, this.name,
      make("p", { className: "number", textContent: pretty(this.phone.number) }),
      make("button", { type: "button", className: "close", onclick: hide, title: "Put this phone away" }, icon("close"), words));
  }

  bar() {
    this.time = make("span");
    return make("div", { className: "status-bar", "aria-hidden": "true" }, this.time, make("span", { className: "island" }),
      make("span", { className: "reception" }, icon("signal"), icon("battery")));
  }

  head(id) {
    this.waiting = make("span", { className: "unread" });
    this.avatar = make("span", { className: "avatar", "aria-hidden": "true" });
    this.partner = make("h3");
    this.partnerNumber = make("p", { className: "number" });
    this.more = make("button", { type: "button", className: "more", "aria-expanded": "false", "aria-controls": `${id}-details`, title: "Details", onclick: () => this.toggleDetails() },
      icon("more"), make("span", { className: "unseen", textContent: "Details" }));
    return make("header", { className: "contact" },
      make("button", { type: "button", className: "back", title: "All conversations", onclick: () => this.back() }, icon("back"),
        make("span", { className: "unseen", textContent: "All conversations" }), this.waiting),
      this.avatar, make("div", { className: "who" }, this.partner, this.partnerNumber), this.more);
  }

  details(id) {
    this.refuses = make("input", { type: "checkbox", id: `${id}-refuses`, role: "switch", "aria-describedby": `${id}-about` });
    this.refuses.onchange = () => this.refuse();
    this.refuseError = make("p", { className: "error", role: "alert" });
    this.sheet = make("div", { id: `${id}-details`, className: "sheet", hidden: true },
      make("div", { className: "fault" }, this.refuses, make("label", { htmlFor: this.refuses.id, textContent: "Opted out" }),
        make("p", { id: `${id}-about`, className: "hint", textContent: "The carrier refuses texts from this number to this phone (error 21610), as after STOP." })), this.refuseError);
    this.notice = make("p", { className: "notice" });
    return make("div", {}, this.sheet, this.notice);
  }

  toggleDetails() {
    this.sheet.hidden = !this.sheet.hidden;
    this.more.setAttribute("aria-expanded", String(!this.sheet.hidden));
  }

  async refuse() {
    try {
      await setOptedOut(this.phone.number, this.with, this.refuses.checked);
      say(this.refuseError, "");
    } catch (error) {
      this.refuses.checked = !this.refuses.checked;
      say(this.refuseError, error.message);
    }
  }

  /** Opens the conversation with a number; without one, the list of all. */
  open(number, byHand = false) {
    this.with = number;
    if (byHand) remember(`open ${this.phone.number}`, number);
    this.contacts.element.hidden = Boolean(number);
    this.room.hidden = !number;
    if (number) {
      this.composer.open(number);
      this.thread.open(this.state.thread(this.phone.number, number));
    }
    this.update();
    if (number && byHand) this.composer.field.focus({ preventScroll: true });
  }

  back() {
    const number = this.with;
    this.open("", true);
    this.contacts.focus(number);
  }

  focus() {
    if (this.with) this.composer.field.focus();
    else this.contacts.focus();
  }

  update() {
    const { name, number, optedOut } = this.phone;
    say(this.name, name === number ? "Unnamed phone" : name);
    say(this.putAway, `Put the phone of ${this.state.nameOf(number)} away`);
    this.tick();
    if (this.with) this.updateThread(optedOut.has(this.with));
    else this.contacts.draw();
  }

  updateThread(refused) {
    const partner = this.state.nameOf(this.with);
    this.state.read(this.phone.number, this.with);
    say(this.avatar, initial(partner));
    say(this.partner, partner);
    say(this.partnerNumber, partner === pretty(this.with) ? "A number of the firm" : pretty(this.with));
    this.refuses.checked = refused;
    say(this.notice, refused ? `Opted out: texts from ${partner} are refused. START allows them again.` : "");
    const elsewhere = this.state.unread(this.phone.number);
    say(this.waiting, elsewhere ? String(elsewhere) : "");
    this.thread.draw();
  }

  tick() {
    say(this.time, clock(Date.now()));
  }
}
