import { useRef, useState } from "preact/hooks";
import type { Problem } from "../../model";
import { problem } from "../words";

/** Runs one request at a time and keeps what went wrong with the last. */
export function useRequest(): { busy: boolean; trouble: Problem | undefined; run: (what: () => Promise<unknown>) => Promise<boolean> } {
  // Beside what is drawn: a second press may come before that is.
  const running = useRef(false);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Problem>();
  const run = async (what: () => Promise<unknown>) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setTrouble(undefined);
    try {
      await what();
      return true;
    } catch (why) {
      setTrouble(problem(why));
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { busy, trouble, run };
}
