/** A page for tests of components: an empty one before each test, gone after it, whose timers the test moves. */
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, vi } from "vitest";

/** Called where tests are declared; `made` gets each test's page. */
export function eachOnAPage(made: (root: HTMLElement) => void): void {
  let root: HTMLElement;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    root = document.body.appendChild(document.createElement("div"));
    made(root);
  });
  afterEach(() => {
    act(() => render(null, root));
    root.remove();
    sessionStorage.clear();
    vi.useRealTimers();
  });
}
