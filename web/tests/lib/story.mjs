/**
 * A story: steps in order on one stage, as a day at work goes. Each is a test; one that needs a step which
 * failed says so at once instead of waiting for what cannot come.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./stage.mjs";

/** No step takes so long. */
const STEP_MS = 4 * 60_000;
const START_MS = 12 * 60_000;

const held = new Set();
let stage;

before(async () => (stage = await Stage.set()), { timeout: START_MS });
after(async () => stage?.strike(), { timeout: STEP_MS });

/** One step. `needs` names steps that left something behind which this one uses. */
export function step(name, needs, act) {
  test(name, { timeout: STEP_MS }, async () => {
    const missing = needs.find((need) => !held.has(need));
    assert.equal(missing, undefined, `not tried: “${missing}” did not hold`);
    try {
      await act(stage);
      assert.deepEqual(stage.browser.faults(), [], "what the browser complained of");
    } catch (error) {
      const complaints = stage.browser.faults();
      const pictures = await stage.photograph(name);
      console.log(["pictures:", ...pictures, ...complaints].join("\n  "));
      throw error;
    }
    held.add(name);
  });
}
