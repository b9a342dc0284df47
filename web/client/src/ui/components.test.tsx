// @vitest-environment happy-dom
/** What a person does, through the page's own elements, against a world of plain data. */
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import { CONVERSATIONS, ME, NOW } from "../../test-world/data";
import { eachOnAPage } from "../../test-world/page";
import { type FakeWorld, type Given, fakeWorld } from "../../test-world/world";
import type { Stage } from "../model";
import { App } from "./app";

let root: HTMLElement;
eachOnAPage((made) => (root = made));

async function open(given: Given, name?: string): Promise<FakeWorld> {
  const world = fakeWorld(given);
  await act(() => render(<App world={world} now={NOW} />, root));
  if (name) await press([...root.querySelectorAll<HTMLElement>(".row")].find((row) => row.textContent?.includes(name)));
  return world;
}

async function press(element: HTMLElement | null | undefined): Promise<void> {
  if (!element) throw new Error("nothing to press");
  await act(async () => element.click());
}

/** Lets what waits for a rejection run. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

const box = () => root.querySelector<HTMLTextAreaElement>("#composer")!;
const button = (words: string) => [...root.querySelectorAll<HTMLElement>("button")].find((b) => b.textContent?.includes(words));

async function type(text: string): Promise<void> {
  await act(async () => {
    box().value = text;
    box().dispatchEvent(new Event("input", { bubbles: true }));
  });
}

async function key(name: string, more: KeyboardEventInit = {}): Promise<void> {
  await act(async () => void box().dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more })));
}

test("a text that failed is named on the list, also once the client has written again", async () => {
  const last = { text: "Are you there?", at: NOW, mine: false };
  await open({ conversations: CONVERSATIONS.map((c) => (c.id === "maria" ? { ...c, last } : c)) });
  expect(root.querySelector('[data-room="maria"] .need')?.textContent).toBe("Failed");
});

test("Enter sends and empties the box; Shift and Enter do not", async () => {
  const world = await open({}, "Robert");
  await type("Good morning");
  await key("Enter", { shiftKey: true });
  expect(box().value).toBe("Good morning");
  await key("Enter");
  expect(box().value).toBe("");
  expect(world.asked).toContain("send robert Good morning");
  expect(root.querySelector(".timeline")?.textContent).toContain("Good morning");
});

test("a text that could not be kept comes back, before what was typed since", async () => {
  let refuse = () => {};
  const world = await open({}, "Robert");
  world.send = () => new Promise((_, reject) => (refuse = () => reject({ title: "This browser’s disk is full.", mend: "Free some space." })));
  await type("first");
  await key("Enter");
  await type("second");
  await act(async () => {
    refuse();
    await settled();
  });
  expect(box().value).toBe("first\nsecond");
  expect(root.textContent).toContain("This browser’s disk is full.");
});

test("two texts in quick succession both go", async () => {
  const world = await open({}, "Robert");
  world.send = vi.fn(() => new Promise<void>(() => {}));
  await type("one");
  await key("Enter");
  await type("two");
  await key("Enter");
  expect(vi.mocked(world.send).mock.calls.map(([, text]) => text)).toEqual(["one", "two"]);
  expect(box().value).toBe("");
});

test("the draft is all there is of a text until it is kept", async () => {
  const world = await open({}, "Robert");
  let kept = () => {};
  world.send = () => new Promise((resolve) => (kept = resolve));
  await type("words");
  await key("Enter");
  const drafts = () => world.asked.filter((what) => what.startsWith("draft"));
  expect(drafts()).toEqual(["draft robert words"]);
  await act(async () => kept());
  expect(drafts()).toEqual(["draft robert words", "draft robert "]);
});

test("each letter is kept at once: a reload does not wait", async () => {
  const world = await open({}, "Robert");
  await type("h");
  await type("ha");
  expect(world.asked.filter((what) => what.startsWith("draft"))).toEqual(["draft robert h", "draft robert ha"]);
});

test("nothing empty and nothing too long is sent, and the reason is said", async () => {
  const world = await open({}, "Robert");
  await type(" \u200b ");
  await key("Enter");
  await type("a".repeat(1601));
  await key("Enter");
  expect(world.asked.filter((what) => what.startsWith("send"))).toEqual([]);
  expect(root.querySelector(".composer")?.textContent).toContain("1 character too long");
});

test("typographic characters are replaced by one click", async () => {
  await open({}, "Robert");
  await type("It’s – here");
  expect(root.querySelector(".counter")?.textContent).toBe("1 SMS149 leftGSM-7");
  await press(button("Replace now"));
  expect(box().value).toBe("It's - here");
});

test("no box where nothing can be sent, and the draft is there to read", async () => {
  await open({}, "Lee Chang");
  expect(box()).toBeNull();
  expect(root.querySelector(".blocked")?.textContent).toMatch(/STOP.*Your draft is kept: Dear Mr Chang/);
});

test.each(["Retry", "Discard"])("%s asks for the text that it stands under", async (words) => {
  const world = await open({}, "María");
  const key = button(words)?.closest<HTMLElement>("[data-key]")?.dataset.key;
  await press(button(words));
  expect(world.asked).toContain(`${words.toLowerCase()} maria ${key}`);
  expect(button(words)).toBeUndefined();
});

test.each(["No answer", "No answer."])("a problem's title, %s, ends before what to do about it", async (title) => {
  await open({ fails: { title, mend: "Try again in a minute." } }, "María");
  await press(button("Retry"));
  expect(root.textContent).toContain("No answer. Try again in a minute.");
});

test("a request that fails says what to do", async () => {
  await open({ fails: { title: "No answer.", mend: "Try again in a minute." } }, "María");
  await press(button("Retry"));
  expect(root.textContent).toContain("Try again in a minute.");
});

test("SMS and Team are told apart in words, in the list and in the conversation", async () => {
  await open({}, "Private clients desk");
  expect([...root.querySelectorAll(".group h2 .badge")].map((b) => b.textContent)).toEqual(["SMS", "Team"]);
  expect(root.querySelector(".room-head")?.textContent).toContain("Team");
  expect(root.querySelector(".composer")?.textContent).not.toContain("outside encryption");
  expect(root.querySelector(".counter")).toBeNull();
});

test.each([
  ["client", "Why. The firm’s record has it."],
  ["me", "Why. If it was sent, the firm’s record has it."],
] as const)("what cannot be read of %s is in the record", async (who, words) => {
  await open({ entries: () => [{ key: "$1", who, at: NOW, body: { is: "unreadable", why: "Why." } }] }, "Robert");
  expect(root.querySelector(".unreadable")?.textContent).toBe(`This message cannot be read here. ${words}`);
});

test("going on needs the tick that the key is kept", async () => {
  const world = await open({ stage: { at: "keep-recovery-key", recoveryKey: "EsTc LW2K PWiF", busy: false } });
  expect([...root.querySelectorAll(".key li")].map((li) => li.textContent)).toEqual(["EsTc", "LW2K", "PWiF"]);
  await press(button("Continue"));
  expect(world.asked).toEqual([]);
  await press(root.querySelector<HTMLElement>("input[type=checkbox]"));
  await press(button("Continue"));
  expect(world.asked).toEqual(["keyIsKept"]);
});

test("the title says how many, never who or what", async () => {
  await open({});
  expect(document.title).toBe("(6) Verbatim");
});

test("New text asks again for numbers that are not known, and says why there are none", async () => {
  const away = { title: "Verbatim does not answer", mend: "Try again in a minute." };
  const given: Given = { me: { ...ME, numbers: undefined }, learned: ME, fails: away };
  const world = await open(given);
  await press(button("New text"));
  await act(settled);
  expect(root.textContent).toContain("Verbatim does not answer");
  expect(root.textContent).not.toContain("You have no number");
  given.fails = undefined;
  await press(button("Try again"));
  await act(settled);
  expect(world.asked.filter((what) => what === "learn")).toHaveLength(2);
  expect(root.querySelector("#new-number")).not.toBeNull();
});

test("who is not served any more is told so", async () => {
  await open({ refused: { title: "You cannot text clients now.", mend: "Ask whoever runs Verbatim." } });
  expect(root.querySelector(".banner")?.textContent).toContain("Ask whoever runs Verbatim.");
});

test("who has lost the recovery key goes on by themselves", async () => {
  const world = await open({ stage: { at: "recover", busy: false } });
  await press(button("I don’t have my recovery key"));
  expect(root.querySelector("h1")?.textContent).toBe("Go on without your recovery key");
  await press(button("Make my keys anew"));
  const password = root.querySelector<HTMLInputElement>("input[type=password]")!;
  await press(button("Confirm"));
  expect(world.asked).not.toContain("confirm undefined");
  await act(async () => {
    password.value = "secret";
    password.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await press(button("Confirm"));
  expect(world.asked).toEqual(["newKey", "confirm secret"]);
  expect(root.querySelector("h1")?.textContent).toBe("Keep your recovery key");
});

test("who has no password confirms where they sign in", async () => {
  const world = await open({ stage: { at: "confirm", password: false, page: "https://hs.example/confirm", busy: false } });
  const link = root.querySelector<HTMLAnchorElement>("a[href='https://hs.example/confirm']");
  expect([link?.target, link?.rel]).toEqual(["_blank", "noopener noreferrer"]);
  expect(root.querySelector("input")).toBeNull();
  await press(button("I have confirmed it there"));
  expect(world.asked).toEqual(["confirm undefined"]);
});

test("the menu leads to the recovery key, and back", async () => {
  const world = await open({});
  await press(root.querySelector<HTMLElement>(".to-menu"));
  await press(button("Recovery key…"));
  expect(root.querySelector("h1")?.textContent).toBe("Make a new recovery key");
  await press(button("Back"));
  expect(root.querySelector("dialog")).toBeNull();
  expect(world.stage.value.at).toBe("ready");
});

test("who opted out is marked on the list, in words", async () => {
  await open({});
  const marked = [...root.querySelectorAll(".row")].filter((row) => row.textContent?.includes("Opted out"));
  expect(marked.map((row) => row.querySelector(".row-name")?.textContent)).toEqual(["Lee Chang"]);
});

test.each<[string, Partial<Extract<Stage, { at: "sign-in" }>>, string]>([
  ["asks who comes", {}, "username"],
  ["says first why one is here again", { why: "expired" }, ""],
  ["offers the firm's way first", { ways: { password: true, sso: [{ id: "s", name: "Firm" }] } }, ""],
])("the sign-in %s", async (_, more, field) => {
  const stage: Stage = { at: "sign-in", ways: { password: true, sso: [] }, busy: false, ...more };
  await open({ stage });
  expect((document.activeElement as HTMLInputElement).name ?? "").toBe(field);
});
