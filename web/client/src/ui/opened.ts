/**
 * Which conversation was open, so that a reload opens it again. Of this tab alone, and only the room's id:
 * no names, numbers or texts.
 */
import { useEffect } from "preact/hooks";
import { effect } from "@preact/signals";
import type { Stage } from "../model";
import type { Ui } from "./state";

const KEY = "verbatim-ui:open";

export function rememberOpened(id: string | undefined): void {
  try {
    if (id === undefined) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, id);
  } catch {
    // Storage that is off or full: after a reload nothing is open.
  }
}

export function recallOpened(): string | undefined {
  try {
    return sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Nothing of it outlives the sign-in; a login that ran out is its owner's to go on with. */
export function isOver(stage: Stage): boolean {
  return stage.at === "leaving" || (stage.at === "sign-in" && stage.why !== "expired");
}

/** Opens what was open before the reload, once it is listed; not over what the person has opened meanwhile. */
export function useReopen(ui: Ui): void {
  useEffect(() => {
    let wanted = recallOpened();
    return effect(() => {
      const listed = ui.world.conversations.value.some((c) => c.id === wanted);
      if (ui.selected.value !== undefined) wanted = undefined;
      if (wanted === undefined || !listed) return;
      const id = wanted;
      wanted = undefined;
      ui.select(id);
    });
  }, [ui]);
}
