// The page: loads, listens, and keeps phones and panels up to date.

import { AddDialog } from "./add.js";
import { FaultPanel } from "./faults.js";
import { LedgerPanel } from "./ledger.js";
import { recall, remember } from "./memory.js";
import { OptOutRow } from "./optout.js";
import { Shelf } from "./shelf.js";
import { State } from "./state.js";
import { say } from "./text.js";

/** How often the start is tried again, in milliseconds. */
const AGAIN_MS = 2000;
const PANELS = ["faults", "ledger"];
const $ = (id) => document.getElementById(id);

const state = new State();
const shelf = new Shelf(state, $("phones"), $("open-add"));
const add = new AddDialog(state, shelf, $);
const faults = new FaultPanel($("fault-groups"), tellFaults);
const ledger = new LedgerPanel(state, $("ledger"), $("ledger-rows"), $("ledger-kind"), $("ledger-text"));
const optOut = new OptOutRow(state);
$("fault-optout").append(optOut.element);

function tellFaults(on) {
  $("strip").hidden = on.length === 0;
  say($("strip-text"), on.length === 0 ? "" : `${on.length === 1 ? "Fault" : "Faults"} on: ${on.join(", ")}`);
}

function tellTrouble(text) {
  say($("trouble"), text);
  $("trouble").hidden = text === "";
}

function tellConnection(live) {
  say($("connection"), live ? "Live" : "Not connected");
  $("connection").classList.toggle("live", live);
}

function toggle(name, show = $(name).hidden) {
  for (const panel of PANELS) {
    $(panel).hidden = panel !== name || !show;
    $(`open-${panel}`).setAttribute("aria-expanded", String(!$(panel).hidden));
  }
  remember("panel", show ? name : undefined);
  ledger.redraw();
}

function leave(name) {
  toggle(name, false);
  $(`open-${name}`).focus();
}

function take(entry) {
  const number = state.apply(entry);
  if (number) shelf.touch(number);
  if (entry.kind.startsWith("number")) shelf.drawAll();
  if (entry.kind.startsWith("fault")) refreshFaults();
  if (["number_set", "number_named", "phone_added", "opt_out"].includes(entry.kind)) optOut.draw();
  ledger.later();
}

/** Asks once a frame, however many strikes came. */
let asking = false;
function refreshFaults() {
  if (asking) return;
  asking = true;
  requestAnimationFrame(async () => {
    asking = false;
    try {
      await faults.refresh();
    } catch (error) {
      tellTrouble(`The switches may be out of date. ${error.message}`);
    }
  });
}

function listen() {
  const source = new EventSource(`/sim/events?after=${state.position}`);
  source.onopen = async () => {
    try {
      // Everything that was written here is kept, so reading anew loses nothing.
      if (await state.isForeign()) {
        location.reload();
        return;
      }
      await faults.refresh();
      tellTrouble("");
      tellConnection(true);
    } catch (error) {
      tellTrouble(error.message);
    }
  };
  source.onerror = () => {
    tellConnection(false);
    tellTrouble("The simulated carrier does not answer. What you see may be out of date; this page keeps trying.");
    // A refusal ends the stream for good.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS);
  };
  source.onmessage = ({ data }) => take(JSON.parse(data));
}

async function begin() {
  try {
    await state.load();
    await shelf.restore();
    await faults.refresh();
  } catch (error) {
    tellTrouble(`${error.message} Trying again…`);
    setTimeout(begin, AGAIN_MS);
    return;
  }
  tellTrouble("");
  shelf.begin();
  optOut.draw();
  ledger.redraw();
  listen();
}

for (const name of PANELS) {
  $(`open-${name}`).onclick = () => toggle(name);
  $(`close-${name}`).onclick = () => leave(name);
  $(name).onkeydown = ({ key }) => key === "Escape" && leave(name);
}
$("open-add").onclick = () => add.open();
for (const id of ["faults-clear", "strip-clear"]) $(id).onclick = () => faults.clear();
// A link can open a panel: /#faults or /#ledger.
const asked = PANELS.includes(location.hash.slice(1)) ? location.hash.slice(1) : recall("panel");
if (PANELS.includes(asked)) toggle(asked, true);
// The clocks on the phones.
setInterval(() => shelf.tick(), 5000);
begin();
