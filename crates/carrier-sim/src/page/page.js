// The page: loads, listens, and keeps phones and panels up to date.

import { FaultPanel } from "./faults.js";
import { LedgerPanel } from "./ledger.js";
import { PhoneView } from "./phone.js";
import { State, post } from "./state.js";
import { make } from "./text.js";

/** The most phones side by side; more are opened by their number. */
const PHONES = 12;
const $ = (id) => document.getElementById(id);

const state = new State();
const views = new Map();
const hidden = new Set();
const faults = new FaultPanel($("fault-groups"), $("faults-on"), $("faults-clear"));
const ledger = new LedgerPanel(state, $("ledger"), $("ledger-rows"), $("ledger-kind"), $("ledger-text"));

function open(number) {
  if (views.has(number)) return views.get(number);
  const phone = state.phones.get(number);
  const view = new PhoneView(state, phone, [...state.phones.keys()].indexOf(number), () => close(number));
  views.set(number, view);
  $("phones").append(view.element);
  view.log.scrollTop = view.log.scrollHeight;
  tellEmpty();
  return view;
}

function close(number) {
  hidden.add(number);
  views.get(number)?.element.remove();
  views.delete(number);
  tellEmpty();
  $("open-add").focus();
}

function tellEmpty() {
  $("no-phones")?.remove();
  if (views.size === 0) {
    $("phones").append(make("p", { id: "no-phones", className: "empty", textContent: "No phone is shown. Add one to send a text." }));
  }
}

function touch(number) {
  if (views.has(number)) views.get(number).update();
  else if (!hidden.has(number) && views.size < PHONES) open(number);
}

function listen() {
  const source = new EventSource(`/sim/events?after=${state.position}`);
  source.onopen = () => connected(true);
  source.onerror = () => connected(false);
  source.onmessage = ({ data }) => {
    const entry = JSON.parse(data);
    const number = state.apply(entry);
    if (number) touch(number);
    if (entry.kind === "number_set") for (const view of views.values()) view.update();
    if (entry.kind.startsWith("fault")) faults.refresh().catch(() => connected(false));
    ledger.later();
  };
}

function connected(yes) {
  $("connection").textContent = yes ? "Live" : "Not connected, trying again…";
  $("connection").classList.toggle("live", yes);
}

function toggle(name, show = $(name).hidden) {
  for (const panel of ["faults", "ledger"]) {
    $(panel).hidden = panel !== name || !show;
    $(`open-${panel}`).setAttribute("aria-expanded", String(!$(panel).hidden));
  }
  ledger.redraw();
}

for (const name of ["faults", "ledger"]) {
  $(`open-${name}`).onclick = () => toggle(name);
  $(name).onkeydown = ({ key }) => key === "Escape" && leave(name);
}
for (const button of document.querySelectorAll("[data-close]")) {
  button.onclick = () => leave(button.dataset.close);
}

function leave(name) {
  toggle(name, false);
  $(`open-${name}`).focus();
}

$("open-add").onclick = () => {
  $("known").replaceChildren(...[...state.phones.values()].map(({ number, name }) => make("option", { value: number, textContent: name })));
  $("add-error").textContent = "";
  $("add-form").reset();
  $("add").showModal();
};
$("add-cancel").onclick = () => $("add").close();
$("add-form").onsubmit = async (event) => {
  event.preventDefault();
  const number = $("add-number").value.replace(/[\s().-]/g, "");
  const known = state.phones.get(number);
  const name = $("add-name").value.trim() || known?.name || "";
  try {
    if (!/^\+[1-9]\d{6,14}$/.test(number)) throw new Error("Write the number with + and country code, for example +15550100199.");
    await post("/sim/phones", { number, name });
    state.phone(number).name = name || number;
    hidden.delete(number);
    $("add").close();
    const view = open(number);
    view.update();
    view.field.focus();
  } catch (error) {
    $("add-error").textContent = error.message;
    $("add-number").focus();
  }
};

async function begin() {
  try {
    await state.load();
    await faults.refresh();
  } catch {
    connected(false);
    setTimeout(begin, 2000);
    return;
  }
  for (const number of [...state.phones.keys()].slice(0, PHONES)) open(number);
  tellEmpty();
  listen();
  // A link can open a panel: /#faults or /#ledger.
  if (["#faults", "#ledger"].includes(location.hash)) toggle(location.hash.slice(1), true);
}
begin();
