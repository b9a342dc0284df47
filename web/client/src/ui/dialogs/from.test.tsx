// @vitest-environment happy-dom
/** From which of several numbers a new conversation goes out. */
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import { NOW } from "../../../test-world/data";
import { eachOnAPage } from "../../../test-world/page";
import { fakeWorld } from "../../../test-world/world";
import { App } from "../app";

let root: HTMLElement;
eachOnAPage((made) => (root = made));

async function fill(selector: string, value: string, event: string): Promise<void> {
  const element = document.querySelector<HTMLInputElement>(selector);
  if (!element) throw new Error(`no ${selector}`);
  await act(async () => {
    element.value = value;
    element.dispatchEvent(new Event(event, { bubbles: true }));
  });
  await act(async () => void (await vi.advanceTimersByTimeAsync(1000)));
}

test("it is the number itself that is asked about and begun with", async () => {
  const world = fakeWorld({});
  await act(() => render(<App world={world} now={NOW} />, root));
  await act(async () => void document.dispatchEvent(new KeyboardEvent("keydown", { key: "n", code: "KeyN", altKey: true, bubbles: true })));
  await fill("#new-number", "+14155552671", "input");
  await fill("dialog select", "+442079460123", "change");
  await act(async () => void document.querySelector("dialog form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));
  expect(world.asked.filter((asked) => /^(check|start)/.test(asked))).toEqual([
    "check  +14155552671 +14155550100",
    "check  +14155552671 +442079460123",
    "start +14155552671 undefined +442079460123",
  ]);
});
