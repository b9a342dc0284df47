// The fault switches, in groups, with what they do in plain words.

import { get, post } from "./state.js";
import { make } from "./text.js";

const GROUPS = [
  ["Answers to the firm’s software", [
    ["provider_down", "Provider down", "Every call is answered 503, until you turn this off."],
    ["timeout_before", "No answer, not accepted", "Silence, then a broken connection. The message does not exist."],
    ["timeout_after", "No answer, but accepted", "Silence, then a broken connection. The message is sent all the same."],
    ["reset_before", "Reset, not accepted", "The connection breaks at once. The message does not exist."],
    ["reset_after", "Reset, but accepted", "The connection breaks at once. The message is sent all the same."],
    ["too_many_requests", "Too many requests", "429 with a time to wait. The message does not exist."],
    ["server_error_before", "Server error, not accepted", "500. The message does not exist."],
    ["server_error_after", "Server error, but accepted", "500. The message is sent all the same."],
    ["non_json", "Unreadable answer", "Accepted, but the answer is a page of HTML."],
    ["slow_answer", "Slow answer", "The right answer, late."],
  ]],
  ["Webhooks to the firm’s software", [
    ["lost_inbound", "Lost texts", "The webhook of a phone’s text never comes. The list still has the text."],
    ["lost_receipts", "Lost receipts", "Webhooks about delivery never come."],
    ["duplicate_webhooks", "Duplicates", "Each webhook comes twice at the same time."],
    ["reorder_callbacks", "Wrong order", "Webhooks about delivery come late and backwards."],
    ["bad_signature", "Wrong signature", "Webhooks look forged. They must be refused."],
  ]],
  ["Delivery to phones", [
    ["slow_delivery", "Slow delivery", "Messages wait before they are sent."],
    ["delivery_failure", "Failed delivery", "Messages do not arrive; the error code says why."],
  ]],
];

/** What else a kind can be told, with its usual value. */
const EXTRAS = {
  timeout_before: ["delay_ms", "Seconds", 60],
  timeout_after: ["delay_ms", "Seconds", 60],
  too_many_requests: ["delay_ms", "Seconds", 1],
  slow_answer: ["delay_ms", "Seconds", 3],
  slow_delivery: ["delay_ms", "Seconds", 10],
  delivery_failure: ["error_code", "Error code", 30003],
};

export class FaultPanel {
  constructor(groups, badge, clear) {
    this.badge = badge;
    this.rows = new Map();
    this.status = make("p", { className: "error", role: "alert" });
    clear.onclick = () => this.change({ clear: true });
    for (const [title, kinds] of GROUPS) {
      const rows = kinds.map(([kind, name, text]) => this.row(kind, name, text));
      groups.append(make("fieldset", {}, make("legend", { textContent: title }), ...rows));
    }
    groups.append(this.status);
  }

  row(kind, name, text) {
    const box = make("input", { type: "checkbox", id: `fault-${kind}`, role: "switch", "aria-describedby": `about-${kind}` });
    const chance = choice("Chance", [["1", "always"], ["0.5", "half"], ["0.1", "one in ten"]]);
    const times = choice("Times", [["", "no limit"], ["1", "once"], ["5", "5"], ["20", "20"]]);
    const fields = [chance.label, times.label];
    const [extra, label, usual] = EXTRAS[kind] ?? [];
    const number = extra && make("input", { type: "number", min: "0", max: "86400", value: String(usual) });
    if (number) fields.push(make("label", {}, `${label} `, number));
    const options = make("div", { className: "fault-options", hidden: true }, ...fields);
    const read = () => ({
      kind,
      on: box.checked,
      probability: Number(chance.select.value),
      ...(times.select.value && { count: Number(times.select.value) }),
      ...(extra && { [extra]: extra === "delay_ms" ? Math.round(Number(number.value) * 1000) : Number(number.value) }),
    });
    const set = () => this.change({ faults: [read()] });
    for (const field of [box, chance.select, times.select, ...(number ? [number] : [])]) field.onchange = set;
    this.rows.set(kind, { box, options, chance: chance.select, times: times.select });
    return make("div", { className: "fault" }, box,
      make("label", { htmlFor: box.id, textContent: name }),
      make("p", { id: `about-${kind}`, className: "hint", textContent: text }), options);
  }

  async change(body) {
    try {
      this.draw((await post("/sim/faults", body)).faults);
      this.status.textContent = "";
    } catch (error) {
      this.status.textContent = error.message;
    }
  }

  async refresh() {
    this.draw((await get("/sim/faults")).faults);
  }

  draw(faults) {
    for (const fault of faults) {
      const row = this.rows.get(fault.kind);
      row.box.checked = fault.on;
      row.options.hidden = !fault.on;
      row.chance.value = pick(row.chance, String(fault.probability), `${Math.round(fault.probability * 100)} %`);
      row.times.value = fault.count === undefined ? "" : pick(row.times, String(fault.count), `${fault.count} left`);
    }
    const on = faults.filter((fault) => fault.on).length;
    this.badge.hidden = on === 0;
    this.badge.textContent = `${on} on`;
  }
}

function choice(name, options) {
  const select = make("select", {}, ...options.map(([value, textContent]) => make("option", { value, textContent })));
  return { select, label: make("label", {}, `${name} `, select) };
}

/** Values set elsewhere need not be among the choices. */
function pick(select, value, textContent) {
  if (![...select.options].some((option) => option.value === value)) {
    select.append(make("option", { value, textContent }));
  }
  return value;
}
