/** Puts the chosen theme on the page; "system" leaves it to the browser. */
import { effect } from "@preact/signals";
import type { Ui } from "./state";

export function applyTheme(ui: Ui): () => void {
  return effect(() => {
    const theme = ui.theme.value;
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  });
}
