// Which phones stand side by side. The browser remembers them, and those that were added here.

import { post } from "./http.js";
import { recall, remember } from "./memory.js";
import { PhoneView } from "./phone.js";
import { make, pretty } from "./text.js";

/** The most phones that appear by themselves; more are opened by hand. */
const PHONES = 12;
/** The most phones that are offered of those put away. */
const OFFERED = 12;

export class Shelf {
  constructor(state, room, add) {
    Object.assign(this, { state, room, add });
    this.views = new Map();
    this.hidden = new Set(recall("hidden", []));
    this.touched = new Set();
    this.rest = make("section", { className: "rest", "aria-label": "Phones put away" });
    room.append(this.rest);
  }

  /** Brings back the phones that were added in this browser and that the simulator forgot. */
  async restore() {
    for (const { number, name } of recall("added", [])) {
      if (this.state.phones.has(number)) continue;
      await post("/sim/phones", { number, name });
      this.state.phone(number, name);
    }
  }

  begin() {
    const numbers = [...this.state.phones.keys()];
    // A remembered order first, then the others in theirs.
    const order = new Map(recall("order", []).map((number, place) => [number, place]));
    const place = (number) => order.get(number) ?? order.size;
    numbers.sort((a, b) => place(a) - place(b));
    const shown = numbers.filter((number) => !this.hidden.has(number) && (order.has(number) || numbers.length <= PHONES));
    for (const number of (shown.length > 0 ? shown : numbers.filter((n) => !this.hidden.has(n)).slice(0, PHONES))) this.show(number);
    this.drawRest();
  }

  /** Adds a phone, or opens the one that has the number. */
  async addPhone(number, name) {
    const wanted = name || this.state.phones.get(number)?.name || "";
    const phone = await post("/sim/phones", { number, name: wanted });
    this.state.phone(number).name = phone.name;
    const added = recall("added", []).filter((other) => other.number !== number);
    remember("added", [...added, { number, name: phone.name }]);
    this.open(number);
  }

  /** Shows a phone by hand and goes to it. */
  open(number) {
    this.hidden.delete(number);
    const view = this.show(number);
    view.update();
    this.keep();
    view.element.scrollIntoView({ block: "nearest" });
    view.focus();
  }

  show(number) {
    if (this.views.has(number)) return this.views.get(number);
    const view = new PhoneView(this.state, this.state.phone(number), () => this.putAway(number));
    this.views.set(number, view);
    this.rest.before(view.element);
    this.drawRest();
    return view;
  }

  putAway(number) {
    const next = this.views.get(number).element.nextElementSibling;
    this.hidden.add(number);
    this.views.get(number).element.remove();
    this.views.delete(number);
    remember("added", recall("added", []).filter((added) => added.number !== number));
    this.keep();
    this.drawRest();
    (next?.querySelector("button") ?? this.add).focus();
  }

  keep() {
    remember("order", [...this.views.keys()]);
    remember("hidden", [...this.hidden]);
  }

  /** A phone changed: draws it once a frame. One that appears is shown, if there is room. */
  touch(number) {
    if (this.touched.size === 0) requestAnimationFrame(() => this.drawTouched());
    this.touched.add(number);
  }

  drawTouched() {
    for (const number of this.touched) {
      if (this.views.has(number)) this.views.get(number).update();
      else if (!this.hidden.has(number) && this.views.size < PHONES) this.show(number);
    }
    this.touched.clear();
    this.drawRest();
  }

  drawAll() {
    for (const view of this.views.values()) view.update();
  }

  tick() {
    for (const view of this.views.values()) view.tick();
  }

  /** The phones that are not shown, to be taken out again. */
  drawRest() {
    const away = [...this.state.phones.values()].filter(({ number }) => !this.views.has(number));
    this.rest.hidden = away.length === 0 && this.views.size > 0;
    const key = JSON.stringify(away.slice(0, OFFERED).map(({ number, name }) => [number, name, this.state.unread(number)])) + away.length + (this.views.size === 0);
    if (key === this.drawnRest) return;
    this.drawnRest = key;
    const offers = away.slice(0, OFFERED).map((phone) => this.offer(phone));
    if (away.length > OFFERED) offers.push(make("li", { className: "hint", textContent: `and ${away.length - OFFERED} more: add one by its number` }));
    const words = this.views.size > 0 ? "Put away" : away.length > 0 ? "No phone is shown. Take one out:" : "There is no phone yet.";
    const add = make("button", { type: "button", className: "primary", textContent: "Add a phone", onclick: () => this.add.click() });
    this.rest.replaceChildren(make("p", { textContent: words }), make("ul", {}, ...offers), ...(this.views.size === 0 ? [add] : []));
  }

  offer({ number }) {
    const unread = this.state.unread(number);
    const button = make("button", { type: "button", onclick: () => this.open(number) }, this.state.nameOf(number),
      make("span", { className: "number", textContent: this.state.nameOf(number) === pretty(number) ? "" : ` ${pretty(number)}` }));
    if (unread > 0) button.append(make("span", { className: "unread", textContent: String(unread) }), make("span", { className: "unseen", textContent: " unread" }));
    return make("li", {}, button);
  }
}
