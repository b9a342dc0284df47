// @vitest-environment happy-dom
/** Conversations that there are already, in the form for a new one: never in the way of who fills it in. */
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import { CONVERSATIONS, NOW } from "../../../test-world/data";
import { eachOnAPage } from "../../../test-world/page";
import { fakeWorld } from "../../../test-world/world";
import { App } from "../app";

let root: HTMLElement;
eachOnAPage((made) => (root = made));

/** The form, with the number of somebody whom one texts with already. */
async function form(name?: string): Promise<HTMLElement> {
  const conversations = CONVERSATIONS.map((c) => (c.id === "jane" && name ? { ...c, name } : c));
  await act(() => render(<App world={fakeWorld({ conversations })} now={NOW} />, root));
  await act(async () => void document.dispatchEvent(new KeyboardEvent("keydown", { key: "n", code: "KeyN", altKey: true, bubbles: true })));
  const number = document.querySelector<HTMLInputElement>("#new-number")!;
  await act(async () => {
    number.value = "+1415555" + JANE.slice(-4);
    number.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return document.querySelector<HTMLElement>("dialog form")!;
}

const JANE = CONVERSATIONS.find((c) => c.id === "jane")!.sms!.facts!.maskedNumber;

async function opened(detail: number): Promise<string | undefined> {
  const known = (await form()).querySelector<HTMLElement>(".known button")!;
  await act(async () => void known.dispatchEvent(new MouseEvent("click", { bubbles: true, detail })));
  await act(async () => void (await new Promise((drawn) => requestAnimationFrame(drawn))));
  return document.activeElement?.id;
}

test("the fields come first, in their order", async () => {
  const order = [...(await form()).querySelectorAll("input, select, .known button")].map((e) => (e.matches("button") ? "known" : e.tagName));
  expect(order).toEqual(["INPUT", "INPUT", "SELECT", "known"]);
});

test("a number that has no name stands there once", async () => {
  const known = (await form(JANE)).querySelector(".known button");
  expect(known?.textContent).toBe(`${JANE}Open`);
});

test("opened by a key what is typed next goes nowhere", async () => {
  expect(await opened(0)).toBe("open-conversation");
});

test("opened by a pointer one writes", async () => {
  vi.stubGlobal("matchMedia", () => ({ matches: true, addEventListener() {}, removeEventListener() {} }));
  expect(await opened(1)).toBe("composer");
  vi.unstubAllGlobals();
});
