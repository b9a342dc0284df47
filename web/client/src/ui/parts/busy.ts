import { useState } from "preact/hooks";
import type { Problem } from "../../model";
import { problem } from "../words";

/** Runs one request at a time and keeps what went wrong with the last. */
export function useRequest(): { busy: boolean; trouble: Problem | undefined; run: (what: () => Promise<unknown>) => Promise<boolean> } {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Problem>();
  const run = async (what: () => Promise<unknown>) => {
    if (busy) return false;
    setBusy(true);
    setTrouble(undefined);
    try {
      await what();
      return true;
    } catch (why) {
      setTrouble(problem(why));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, trouble, run };
}
