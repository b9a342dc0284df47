/** The same browser again: reloads, drafts, a second tab, and the keyboard alone. */
import assert from "node:assert/strict";
import { audit, auditNarrow } from "../lib/axe.mjs";
import { Client } from "../lib/client.mjs";
import { PHONES } from "../lib/stage.mjs";
import { typeDraft } from "../lib/storage.mjs";
import { step } from "../lib/story.mjs";
import { ANSWER, FIRST } from "./texts.mjs";

const TEXTED = "an answer reaches the phone, and its marks advance";
const DRAFT = "I have not finished this thought";
const HASTY = "I have hardly finished this word";
const ELSEWHERE = "Verbatim is open in another tab";
const UNREADABLE = "This message cannot be read here.";

step("a reload keeps everything, drafts too", [TEXTED], async (stage) => {
  const { client } = stage;
  await client.choose("0141");
  await typeDraft(client, DRAFT);
  const release = await holdKeys(client.page);
  await client.page.reload();
  await client.page.getByText("Opening your messages…").waitFor();
  await audit(client.page, "starting");
  await release();
  await client.isOnline();
  // It is open again by itself.
  await client.composer.waitFor();
  assert.equal(await client.composer.inputValue(), DRAFT);
  await client.reads(FIRST);
  await client.stands(ANSWER, "Delivered");
  assert.equal(await client.log.getByText(UNREADABLE).count(), 0);
  await client.composer.fill("");
});

step("a reload right after the last letter loses none", [TEXTED], async (stage) => {
  const { client } = stage;
  await client.choose("0141");
  await client.composer.fill(HASTY);
  await client.page.reload();
  await client.isOnline();
  await client.composer.waitFor();
  assert.equal(await client.composer.inputValue(), HASTY);
  await client.composer.fill("");
});

step("a second tab asks, and takes over", [TEXTED], async (stage) => {
  const { client, profile, carrier, alice, demo } = stage;
  const second = await Client.open(profile, demo.client);
  await second.sees(ELSEWHERE);
  await audit(second.page, "open in another tab");
  await second.button("Use it here").click();
  await second.isOnline();
  await client.sees("You went on in another tab");
  await audit(client.page, "moved to another tab");

  await carrier.text(PHONES.carol, alice.number, "To the second tab");
  await second.choose("To the second tab");
  await second.reads(FIRST);
  await client.page.bringToFront();
  await client.button("Use it here").click();
  await client.isOnline();
  await second.sees("You went on in another tab");
  await carrier.text(PHONES.carol, alice.number, "To the first tab again");
  await client.choose("To the first tab again");
  await client.reads("To the second tab");
  assert.equal(await client.log.getByText(UNREADABLE).count(), 0);
  await second.page.close();
});

step("two tabs at once: one works, the other says so", [TEXTED], async (stage) => {
  const { client, profile, carrier, alice, demo } = stage;
  // Both come to the keys in the same moment.
  const second = new Client(await profile.page());
  const tabs = [client, second];
  const gates = await Promise.all(tabs.map(({ page }) => holdBack(page, "**/config.json")));
  await Promise.all([client.page.reload({ waitUntil: "commit" }), second.page.goto(demo.client, { waitUntil: "commit" })]);
  await Promise.all(gates.map(({ asked }) => asked));
  await Promise.all(gates.map(({ release }) => release()));
  const says = tabs.map(({ page }) => page.getByRole("heading", { name: ELSEWHERE }));
  await Promise.all(tabs.map(({ list }, at) => list.or(says[at]).waitFor()));
  const waits = await Promise.all(says.map((heading) => heading.count()));
  assert.equal(waits[0] + waits[1], 1, `one works, the other says so: ${waits}`);
  const [worker, waiter] = waits[1] ? tabs : tabs.toReversed();
  await worker.isOnline();
  await carrier.text(PHONES.carol, alice.number, "To the quicker tab");
  await worker.choose("To the quicker tab");
  stage.tabs = { worker, waiter };
});

step("a tab that is still starting is taken over, too", ["two tabs at once: one works, the other says so"], async (stage) => {
  const { client, carrier, alice } = stage;
  const { worker, waiter } = stage.tabs;
  const release = await holdKeys(worker.page);
  await worker.page.reload();
  await worker.page.getByText("Opening your messages…").waitFor();
  await waiter.page.bringToFront();
  await waiter.button("Use it here").click();
  await worker.sees("You went on in another tab");
  await waiter.isOnline();
  // What it had asked for comes late.
  await release();
  await waiter.choose("To the quicker tab");
  await waiter.write("From the tab that took over");
  await carrier.gets(PHONES.carol, "From the tab that took over");
  await worker.sees("You went on in another tab");

  // And while the one that takes over is still starting itself.
  await worker.page.bringToFront();
  const hold = await holdKeys(worker.page);
  await worker.button("Use it here").click();
  await waiter.sees("You went on in another tab");
  await waiter.page.bringToFront();
  await waiter.button("Use it here").click();
  await worker.sees("You went on in another tab");
  await hold();
  await waiter.isOnline();
  await carrier.text(PHONES.carol, alice.number, "To the tab that has it now");
  await waiter.choose("To the tab that has it now");
  await waiter.reads("From the tab that took over");
  assert.equal(await waiter.log.getByText(UNREADABLE).count(), 0);

  await client.page.bringToFront();
  if (client === worker) await client.button("Use it here").click();
  await client.isOnline();
  await client.choose("To the tab that has it now");
  await client.reads(FIRST);
  assert.equal(await client.log.getByText(UNREADABLE).count(), 0);
  await (client === worker ? waiter : worker).page.close();
});

step("everything can be done without a mouse", [TEXTED], async (stage) => {
  const { client, carrier } = stage;
  const { page } = client;
  await page.bringToFront();
  await focused(page, "composer");
  await page.keyboard.press("Control+k");
  await focused(page, "search");
  await page.keyboard.type("0141");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await focused(page, "composer");
  await page.keyboard.type("Without a mouse");
  await page.keyboard.press("Enter");
  await carrier.gets(PHONES.carol, "Without a mouse");
  await page.keyboard.press("Control+k");
  await focused(page, "search");
  // What was sought first, then the place.
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await focused(page, "composer");
  await client.menu("Keyboard");
  await client.dialog("Keyboard").waitFor();
  await audit(page, "keyboard");
  await page.keyboard.press("Escape");
  await client.dialog("Keyboard").waitFor({ state: "detached" });
  await client.list.getByLabel("Menu").click();
  await audit(page, "menu");
  await page.keyboard.press("Escape");
  await auditNarrow(page, "list and conversation");
});

async function focused(page, id) {
  await page.waitForFunction((id) => document.activeElement?.id === id, id);
}

/** Keeps the part that encrypts from arriving; gives the way to let it through. */
async function holdKeys(page) {
  return (await holdBack(page, /\.wasm$/)).release;
}

/** Keeps what is asked for at such addresses from arriving; gives when it was asked for, and the way to let it through. */
async function holdBack(page, pattern) {
  let [wasAsked, letGo] = [];
  const asked = new Promise((resolve) => (wasAsked = resolve));
  const held = new Promise((resolve) => (letGo = resolve));
  await page.route(pattern, async (route) => {
    wasAsked();
    await held;
    await route.continue();
  });
  const release = async () => {
    letGo();
    await page.unroute(pattern, { behavior: "wait" });
  };
  return { asked, release };
}
