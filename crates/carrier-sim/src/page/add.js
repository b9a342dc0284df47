// The dialogue that adds a phone. It offers a name and a number that are free.

import { make, say } from "./text.js";

const NAMES = ["Frank", "Grace", "Heidi", "Ivan", "Judy", "Karim", "Lena", "Mina", "Noah", "Olga", "Priya", "Quentin", "Rosa", "Sven", "Tara"];
/** Numbers reserved for fiction: 555-0100 to 555-0199. */
const AREA = "+1202555";

export class AddDialog {
  constructor(state, shelf, $) {
    Object.assign(this, { state, shelf });
    [this.dialog, this.name, this.number, this.known, this.error, this.submit] =
      ["add", "add-name", "add-number", "known", "add-error", "add-submit"].map($);
    $("add-cancel").onclick = () => this.dialog.close();
    $("add-form").onsubmit = (event) => {
      event.preventDefault();
      this.add();
    };
  }

  open() {
    const phones = [...this.state.phones.values()];
    this.known.replaceChildren(...phones.map(({ number, name }) => make("option", { value: number, textContent: name })));
    const taken = new Set(phones.map(({ name }) => name));
    this.offered = NAMES.find((name) => !taken.has(name)) ?? "";
    this.name.value = this.offered;
    this.number.value = this.free();
    say(this.error, "");
    this.dialog.showModal();
    this.name.select();
  }

  free() {
    for (let line = 141; line < 200; line += 1) {
      const number = `${AREA}0${line}`;
      if (!this.state.phones.has(number) && !this.state.numbers.has(number)) return number;
    }
    return "";
  }

  async add() {
    const number = this.number.value.replace(/[\s().-]/g, "");
    const problem = this.problem(number);
    if (problem) {
      say(this.error, problem);
      this.number.focus();
      return;
    }
    this.submit.disabled = true;
    try {
      // A phone that exists keeps its name, unless another was written.
      const keeps = this.state.phones.has(number) && this.name.value === this.offered;
      await this.shelf.addPhone(number, keeps ? "" : this.name.value.trim());
      this.dialog.close();
      this.shelf.views.get(number).focus();
    } catch (error) {
      say(this.error, error.message);
    }
    this.submit.disabled = false;
  }

  problem(number) {
    if (!/^\+[1-9]\d{6,14}$/.test(number)) return "Write the number with + and country code, for example +1 202 555 0199.";
    if (this.state.numbers.has(number)) return `This number is ${this.state.nameOf(number)}’s at the firm. A client’s phone needs another.`;
    return "";
  }
}
