// The field to write in. What is not sent is kept, for each conversation of its own.

import { post } from "./http.js";
import { recall, remember } from "./memory.js";
import { counter, fits } from "./segments.js";
import { icon, make, say } from "./text.js";

export class Composer {
  constructor(id, phone) {
    this.phone = phone;
    this.field = make("textarea", { id: `${id}-text`, rows: 1, placeholder: "Text message", enterKeyHint: "send", "aria-label": "Text message", "aria-describedby": `${id}-count` });
    this.count = make("p", { id: `${id}-count`, className: "count" });
    this.error = make("p", { className: "error", role: "alert" });
    this.button = make("button", { type: "submit", className: "send", "aria-label": "Send", title: "Send" }, icon("send"));
    this.element = make("form", { className: "composer" }, this.error, this.field, this.button, this.count);
    this.field.oninput = () => {
      remember(this.draft(), this.field.value || undefined);
      // Where something is written is where the phone opens again.
      remember(`open ${this.phone.number}`, this.with);
      this.judge();
    };
    this.field.onkeydown = (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.send();
      }
    };
    this.element.onsubmit = (event) => {
      event.preventDefault();
      this.send();
    };
  }

  draft(other = this.with) {
    return `draft ${this.phone.number} ${other}`;
  }

  /** Turns to another conversation and its unsent text. */
  open(other) {
    this.with = other;
    this.field.value = recall(this.draft(), "");
    say(this.error, "");
    this.judge();
  }

  judge() {
    say(this.count, counter(this.field.value));
    this.count.classList.toggle("bad", !fits(this.field.value));
    this.button.disabled = this.busy || this.field.value.trim() === "" || !fits(this.field.value);
  }

  async send() {
    if (this.button.disabled) return;
    const [to, body] = [this.with, this.field.value];
    this.busy = true;
    this.judge();
    let problem = "";
    try {
      await post(`/sim/phones/${encodeURIComponent(this.phone.number)}/send`, { to, body });
      this.sent(to, body);
    } catch (error) {
      problem = `Not sent. ${error.message}`;
    }
    this.busy = false;
    if (to === this.with) say(this.error, problem);
    this.judge();
  }

  /** Takes what was sent out of the draft; what was written since stays. */
  sent(to, body) {
    const now = recall(this.draft(to), "");
    const rest = now.startsWith(body) ? now.slice(body.length) : now;
    remember(this.draft(to), rest || undefined);
    if (to === this.with) this.field.value = rest;
  }
}
