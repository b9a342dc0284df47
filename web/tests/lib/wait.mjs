/** Waiting for something that another process does: asked again until it is so, and an error in words if never. */
import { setTimeout as sleep } from "node:timers/promises";

/** Nothing here takes so long on a machine that works. */
export const PATIENCE_MS = 60_000;
const AGAIN_MS = 100;

/** What `probe` gives, once that is neither false nor undefined. */
export async function until(what, probe, patienceMs = PATIENCE_MS) {
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false && found !== null) return found;
    if (Date.now() > end) throw new Error(`not within ${patienceMs / 1000} s: ${what}`);
    await sleep(AGAIN_MS);
  }
}
