// Clients who opted out: one switch for each pair of a phone and a number of the firm.

import { post } from "./http.js";
import { make, say } from "./text.js";

export function setOptedOut(phone, number, optedOut) {
  return post(`/sim/phones/${encodeURIComponent(phone)}/opt-out`, { number, opted_out: optedOut });
}

/** The row of the faults' panel: two choices and the switch of that pair. */
export class OptOutRow {
  constructor(state) {
    this.state = state;
    this.box = make("input", { type: "checkbox", id: "opt-out", role: "switch", "aria-describedby": "about-opt-out", onchange: () => this.change() });
    this.phone = make("select", { onchange: () => this.draw() });
    this.number = make("select", { onchange: () => this.draw() });
    this.error = make("p", { className: "error", role: "alert" });
    this.all = make("p", { className: "hint" });
    this.element = make("div", { className: "fault" }, this.box, make("label", { htmlFor: "opt-out", textContent: "Opted out" }),
      make("p", { id: "about-opt-out", className: "hint", textContent: "The client refuses a number: sending to them is answered 400 with error 21610." }),
      make("div", { className: "fault-options" },
        make("label", {}, "Client ", this.phone), make("label", {}, "refuses ", this.number), this.all, this.error));
  }

  draw() {
    fill(this.phone, this.state.phones.keys(), this.state);
    fill(this.number, this.state.numbers.keys(), this.state);
    this.box.disabled = !this.phone.value || !this.number.value;
    this.box.checked = this.state.phones.get(this.phone.value)?.optedOut.has(this.number.value) ?? false;
    const pairs = [...this.state.phones.values()].flatMap((phone) =>
      [...phone.optedOut].map((number) => `${this.state.nameOf(phone.number)} refuses ${this.state.nameOf(number)}`));
    say(this.all, pairs.length > 0 ? `Now: ${pairs.join(", ")}.` : "Now: nobody.");
  }

  async change() {
    try {
      await setOptedOut(this.phone.value, this.number.value, this.box.checked);
      say(this.error, "");
    } catch (error) {
      this.box.checked = !this.box.checked;
      say(this.error, error.message);
    }
  }
}

function fill(select, numbers, state) {
  const wanted = [...numbers].map((value) => [value, state.nameOf(value)]);
  const key = JSON.stringify(wanted);
  if (select.dataset.filled === key) return;
  const chosen = select.value;
  select.replaceChildren(...wanted.map(([value, textContent]) => make("option", { value, textContent })));
  if (wanted.some(([value]) => value === chosen)) select.value = chosen;
  select.dataset.filled = key;
}
