// @vitest-environment happy-dom
/** A reload, as a new page with the same tab's storage. */
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test } from "vitest";
import type { Conversation } from "../model";
import { CONVERSATIONS, NOW } from "../../test-world/data";
import { eachOnAPage } from "../../test-world/page";
import { type FakeWorld, type Given, fakeWorld } from "../../test-world/world";
import { App } from "./app";

let root: HTMLElement;
eachOnAPage((made) => (root = made));

async function load(given: Given = {}): Promise<FakeWorld> {
  act(() => render(null, root));
  const world = fakeWorld(given);
  await act(() => render(<App world={world} now={NOW} />, root));
  return world;
}

const press = (selector: string) => act(async () => root.querySelector<HTMLElement>(selector)?.click());
const shown = () => root.querySelector(".room h2")?.textContent;

test("a reload opens what was open, and takes no focus", async () => {
  await load();
  await press('[data-room="robert"]');
  await load();
  expect(shown()).toContain("Robert");
  expect(root.contains(document.activeElement)).toBe(false);
});

test("it is opened once it is on the list, unless something else is open by then", async () => {
  for (const other of [false, true]) {
    sessionStorage.setItem("verbatim-ui:open", "robert");
    const world = await load({ conversations: CONVERSATIONS.filter((c) => c.id !== "robert") });
    expect(shown()).toBeUndefined();
    if (other) await press('[data-room="jane"]');
    await act(async () => void ((world.conversations as { value: Conversation[] }).value = CONVERSATIONS));
    expect(shown()).toContain(other ? "Jane" : "Robert");
  }
});

test("signing out forgets it; a login that ran out does not", async () => {
  const ways = { password: true, sso: [] };
  for (const [why, kept] of [["expired", "robert"], ["signed-out", null]] as const) {
    sessionStorage.setItem("verbatim-ui:open", "robert");
    await load({ stage: { at: "sign-in", why, busy: false, ways } });
    expect(sessionStorage.getItem("verbatim-ui:open")).toBe(kept);
  }
});
