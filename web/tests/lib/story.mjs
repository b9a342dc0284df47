/**
 * A story: steps in order on one stage, as a day at work goes. Each is a test; one that needs a step which
 * failed says so at once instead of waiting for what cannot come.
 */
import { Stage } from "./stage.mjs";

/** No step takes so long. */
const STEP_MS = 4 * 60_000;

/** The browser's driver writes for terminals. */
const COLOURS = /\u001b\[\d+m/g;

const steps = [];

/** One step. `needs` names steps that left something behind which this one uses. */
export function step(name, needs, act) {
  steps.push({ name, needs, act });
}

/** Plays all steps; gives how many failed. */
export async function play() {
  const began = Date.now();
  const stage = await Stage.set();
  console.log(`the stage is set (${seconds(began)})`);
  const held = new Set();
  try {
    for (const one of steps) if (await playOne(stage, one, held)) held.add(one.name);
  } finally {
    await stage.strike();
  }
  const failed = steps.length - held.size;
  console.log(`${held.size} of ${steps.length} steps held (${seconds(began)})`);
  return failed;
}

async function playOne(stage, { name, needs, act }, held) {
  const began = Date.now();
  try {
    const missing = needs.find((need) => !held.has(need));
    if (missing) throw new NotTried(missing);
    await within(act(stage), STEP_MS);
    const complaints = stage.browser.faults();
    if (complaints.length > 0) throw new Error(`the browser complained:\n${complaints.join("\n")}`);
    console.log(`✓ ${name} (${seconds(began)})`);
    return true;
  } catch (error) {
    console.log(`✗ ${name} (${seconds(began)})\n${indented(await account(stage, name, error))}`);
    return false;
  }
}

class NotTried extends Error {
  constructor(missing) {
    super(`not tried: “${missing}” did not hold`);
  }
}

/** What went wrong, what the browser said besides, and where the pictures are. */
async function account(stage, name, error) {
  if (error instanceof NotTried) return error.message;
  const complaints = stage.browser.faults();
  const pictures = await stage.photograph(name);
  await stage.tidy();
  return [error.stack ?? String(error), ...complaints, ...pictures].join("\n").replaceAll(COLOURS, "");
}

async function within(promise, ms) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`not done in ${ms / 1000} s`)), ms)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const seconds = (began) => `${((Date.now() - began) / 1000).toFixed(1)} s`;
const indented = (text) => text.replaceAll(/^/gm, "    ");
