// @vitest-environment happy-dom
/** Signing out waits for the keys, and never for good. */
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, test } from "vitest";
import { type FakeWorld, fakeWorld } from "../../../test-world/world";
import { UiProvider, createUi } from "../state";
import { SignOut } from "./sign-out";

const root = document.body.appendChild(document.createElement("div"));

afterEach(() => act(() => render(null, root)));

async function open(keysSaved: () => boolean | Promise<boolean>): Promise<FakeWorld> {
  const world = fakeWorld({ keysSaved });
  await act(() => {
    render(
      <UiProvider value={createUi(world)}>
        <SignOut onClose={() => render(null, root)} />
      </UiProvider>,
      root,
    );
  });
  return world;
}

async function press(words: string): Promise<void> {
  const button = [...root.querySelectorAll<HTMLElement>("button")].find((b) => b.textContent === words);
  if (!button) throw new Error(`no “${words}”: ${root.textContent}`);
  await act(async () => {
    button.click();
    await settled();
  });
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

const left = (world: FakeWorld) => world.asked.includes("signOut");

test("the keys are saved first", async () => {
  let saved = (_all: boolean) => {};
  const world = await open(() => new Promise((resolve) => (saved = resolve)));
  await press("Sign out and delete");
  await press("Saving your keys…");
  expect(root.textContent).toContain("Saving your keys…");
  expect(left(world)).toBe(false);
  await act(async () => saved(true));
  expect(world.asked).toEqual(["saveKeys", "signOut"]);
});

test("where they cannot be, one is told and may leave all the same", async () => {
  const world = await open(() => false);
  await press("Sign out and delete");
  expect(root.querySelector("[role=alert]")?.textContent).toContain("you may never be able to read some of them");
  expect(left(world)).toBe(false);
  await press("Sign out all the same");
  expect(world.asked).toEqual(["saveKeys", "signOut"]);
});

test("where signing out fails, it can be tried again", async () => {
  const world = await open(() => true);
  const { signOut } = world;
  world.signOut = () => Promise.reject({ title: "This browser has no room left", mend: "Free some." });
  await press("Sign out and delete");
  expect(root.textContent).toContain("This browser has no room left");
  world.signOut = signOut;
  await press("Sign out and delete");
  expect(left(world)).toBe(true);
});

test("who thinks better of it meanwhile stays", async () => {
  let saved = (_all: boolean) => {};
  const world = await open(() => new Promise((resolve) => (saved = resolve)));
  await press("Sign out and delete");
  await press("Stay signed in");
  await act(async () => saved(true));
  expect(left(world)).toBe(false);
});
