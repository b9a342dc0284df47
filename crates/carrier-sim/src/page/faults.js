// The fault switches: a panel of them, and a strip that tells which are on.

import { get, post } from "./http.js";
import { GROUPS, NAMES } from "./kinds.js";
import { make, say } from "./text.js";

const CHANCE = ["probability", "Chance", [["1", "always"], ["0.5", "half"], ["0.1", "one in ten"]]];
const TIMES = ["count", "Times", [["", "no limit"], ["1", "once"], ["5", "5"], ["20", "20"]]];

export class FaultPanel {
  constructor(groups, strip) {
    this.strip = strip;
    this.rows = new Map();
    this.error = make("p", { className: "error", role: "alert" });
    groups.append(this.error);
    for (const [title, kinds] of GROUPS) {
      const rows = kinds.map(([kind, name, about, fields]) => this.row(kind, name, about, fields));
      groups.append(make("fieldset", {}, make("legend", { textContent: title }), ...rows));
    }
  }

  row(kind, name, about, extra) {
    const row = new Row(kind, name, about, [...extra, TIMES, CHANCE], () => this.change({ faults: [row.read()] }));
    this.rows.set(kind, row);
    return row.element;
  }

  clear() {
    return this.change({ clear: true });
  }

  async change(body) {
    try {
      const { faults } = await post("/sim/faults", body);
      say(this.error, "");
      this.draw(faults);
    } catch (error) {
      say(this.error, error.message);
      // The switches show what is, not what was wished.
      for (const row of this.rows.values()) row.draw(row.fault);
    }
  }

  async refresh() {
    this.draw((await get("/sim/faults")).faults);
  }

  draw(faults) {
    for (const fault of faults) this.rows.get(fault.kind)?.draw(fault);
    const on = faults.filter((fault) => fault.on).map((fault) => NAMES.get(fault.kind) ?? fault.kind);
    this.strip(on);
  }
}

/** One switch with what it can be told. */
class Row {
  constructor(kind, name, about, fields, changed) {
    this.fault = { kind, on: false, probability: 1 };
    this.box = make("input", { type: "checkbox", id: `fault-${kind}`, role: "switch", "aria-describedby": `about-${kind}`, onchange: changed });
    this.fields = fields.map((field) => new Field(field, changed));
    this.options = make("div", { className: "fault-options", hidden: true }, ...this.fields.map(({ element }) => element));
    this.element = make("div", { className: "fault" }, this.box,
      make("label", { htmlFor: this.box.id, textContent: name }),
      make("p", { id: `about-${kind}`, className: "hint", textContent: about }), this.options);
  }

  /** The switch as it is set on the page. What only others set stays as it is. */
  read() {
    const fault = { ...this.fault, on: this.box.checked };
    for (const { key, value } of this.fields) {
      if (value === undefined) delete fault[key];
      else fault[key] = value;
    }
    return fault;
  }

  draw(fault) {
    this.fault = fault;
    this.box.checked = fault.on;
    this.options.hidden = !fault.on;
    for (const field of this.fields) field.draw(fault);
  }
}

/** One thing that a switch can be told: a choice, or a time. */
class Field {
  constructor([key, label, what], changed) {
    this.key = key;
    this.usual = what;
    this.input = Array.isArray(what)
      ? make("select", {}, ...what.map(([value, textContent]) => make("option", { value, textContent })))
      : make("input", { type: "number", min: "0", max: "86400", step: "any", value: String(what) });
    this.input.onchange = changed;
    this.element = make("label", {}, `${label} `, this.input);
  }

  get value() {
    const { value } = this.input;
    if (this.key === "scope") return value;
    if (this.key === "drop") return value === "true";
    if (value === "") return undefined;
    return this.key === "delay_ms" ? Math.round(Number(value) * 1000) : Number(value);
  }

  draw(fault) {
    // A switch that went off by itself has no times left; turned on again it has no limit.
    const spent = this.key === "count" && !fault.on;
    const value = spent ? undefined : fault[this.key];
    if (document.activeElement === this.input && this.input.type === "number") return;
    if (this.key === "delay_ms") this.input.value = String(value === undefined ? this.usual : value / 1000);
    else if (this.key === "count") this.pick(value === undefined ? "" : String(value), `${value} left`);
    else if (this.key === "probability") this.pick(String(value ?? 1), `${Math.round(value * 100)} %`);
    else this.pick(value === undefined ? this.usual[0][0] : String(value), String(value));
  }

  /** Values set elsewhere need not be among the choices. */
  pick(value, textContent) {
    const has = [...this.input.options].some((option) => option.value === value);
    if (!has) this.input.append(make("option", { value, textContent }));
    this.input.value = value;
  }
}
