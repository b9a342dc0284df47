/** The browser's way back leads from a conversation to the list. The address never says which one is open. */
import { useEffect } from "preact/hooks";
import { effect } from "@preact/signals";
import type { Ui } from "./state";

const OPEN = "verbatim-open";

export function useBack(ui: Ui): void {
  useEffect(() => {
    const popped = () => ui.select(undefined);
    window.addEventListener("popstate", popped);
    const stop = effect(() => {
      const open = ui.selected.value !== undefined;
      if (open && history.state !== OPEN) history.pushState(OPEN, "");
      if (!open && history.state === OPEN) history.back();
    });
    return () => {
      stop();
      window.removeEventListener("popstate", popped);
    };
  }, [ui]);
}
