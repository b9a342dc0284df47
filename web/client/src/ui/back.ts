/** The browser's way back leads from a conversation to the list. The address never says which one is open. */
import { useEffect } from "preact/hooks";
import { effect } from "@preact/signals";
import type { Ui } from "./state";

const OPEN = "verbatim-open";

export function useBack(ui: Ui): void {
  useEffect(() => {
    // Going back takes a moment, in which another conversation may be opened.
    let leaving = false;
    const follow = (open: boolean) => {
      if (leaving) return;
      if (open && history.state !== OPEN) history.pushState(OPEN, "");
      if (!open && history.state === OPEN) {
        leaving = true;
        history.back();
      }
    };
    const popped = () => {
      if (!leaving) return ui.select(undefined);
      leaving = false;
      follow(ui.selected.peek() !== undefined);
    };
    window.addEventListener("popstate", popped);
    const stop = effect(() => follow(ui.selected.value !== undefined));
    return () => {
      stop();
      window.removeEventListener("popstate", popped);
    };
  }, [ui]);
}
