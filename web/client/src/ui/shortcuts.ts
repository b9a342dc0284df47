/** Keys that work everywhere on the main screen. */
import { useEffect } from "preact/hooks";
import type { Ui } from "./state";
import { groups } from "./list/order";

export const SEARCH_ID = "search";
export const COMPOSER_ID = "composer";
export const HEADING_ID = "open-conversation";

export function useShortcuts(ui: Ui): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || ui.dialog.peek()) return;
      if (act(ui, event)) event.preventDefault();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [ui]);
}

function act(ui: Ui, event: KeyboardEvent): boolean {
  const control = event.ctrlKey || event.metaKey;
  const plain = !control && !event.altKey;
  if (control && !event.altKey && event.key.toLowerCase() === "k") return toSearch(ui);
  if (plain && event.key === "/" && ui.singleKeys.peek() && !typing(event.target)) return toSearch(ui);
  if (event.altKey && !control && event.key === "ArrowDown") return step(ui, 1);
  if (event.altKey && !control && event.key === "ArrowUp") return step(ui, -1);
  if (event.altKey && !control && event.code === "KeyN") return open(ui);
  return false;
}

function open(ui: Ui): boolean {
  ui.dialog.value = "new";
  return true;
}

/** To the next conversation of the list as it stands. */
function step(ui: Ui, by: 1 | -1): boolean {
  const open = ui.selected.peek();
  const shown = groups(ui.world.conversations.peek(), ui.filter.peek(), ui.query.peek(), open).flatMap((g) => g.conversations);
  const at = shown.findIndex((c) => c.id === open);
  const next = at < 0 ? shown[by > 0 ? 0 : shown.length - 1] : shown[at + by];
  if (next) ui.select(next.id);
  return true;
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** On a narrow screen the list, and the search with it, is a level of its own. */
export function toSearch(ui: Ui): boolean {
  if (document.getElementById(SEARCH_ID)?.checkVisibility()) return focus(SEARCH_ID);
  ui.select(undefined);
  requestAnimationFrame(() => focus(SEARCH_ID));
  return true;
}

/** To where the open conversation stands in the list. */
export function toList(ui: Ui): void {
  const open = ui.selected.peek();
  const row = () => (open === undefined ? null : document.querySelector<HTMLElement>(`[data-room="${CSS.escape(open)}"]`));
  if (row()?.checkVisibility()) return row()?.focus();
  ui.select(undefined);
  requestAnimationFrame(() => row()?.focus());
}

/** To the box, after the conversation is drawn. Not on touch screens, where a keyboard would cover what is to be read. */
export function toComposer(): void {
  if (matchMedia("(hover: hover)").matches) requestAnimationFrame(() => focus(COMPOSER_ID));
}

/** To the name of the open conversation, where what is typed goes nowhere. */
export function toHeading(): void {
  requestAnimationFrame(() => focus(HEADING_ID));
}

export function focus(id: string): boolean {
  const found = document.getElementById(id);
  found?.focus();
  if (found instanceof HTMLInputElement) found.select();
  return found !== null;
}
