/** Texts in and out. */
import assert from "node:assert/strict";
import { audit, auditNarrow } from "../lib/axe.mjs";
import { PHONES } from "../lib/stage.mjs";
import { step } from "../lib/story.mjs";

export const FIRST = "Hello, has my order been filled?";
export const ANSWER = "It was filled this morning.";
const REPEATED = "The confirmation is on its way to you.";

/** What may stand under a text, in this order. */
const ON_ITS_WAY = ["Kept here, goes out by itself", "Sending", "With the firm", "Sent to carrier", "Delivered"];

step("a client's text appears", ["the first sign-in sets up keys"], async (stage) => {
  const { client, carrier, alice } = stage;
  await carrier.text(PHONES.carol, alice.number, FIRST);
  const row = client.row(FIRST);
  await row.getByText("SMS", { exact: true }).waitFor();
  await client.choose(FIRST);
  await client.reads(FIRST);
  const head = client.room.getByRole("heading", { level: 2 });
  await head.getByText("SMS", { exact: true }).waitFor();
  await client.room.getByText("Unknown sender").waitFor();
  await client.room.getByText("Recorded", { exact: true }).waitFor();
  await client.room.getByText("0141").first().waitFor();
  assert.equal(await client.room.getByText("+1 202 555 0141").count(), 0, "the client's number is masked");
  await audit(client.page, "conversation");
});

step("the homeserver cannot read it", ["a client's text appears"], async ({ homeserver, alice }) => {
  const events = await homeserver.events(alice);
  const encrypted = events.filter(({ type }) => type === "m.room.encrypted");
  assert.ok(encrypted.length > 0, "no encrypted event");
  assert.ok(!JSON.stringify(events).includes(FIRST), "the text is there in the clear");
});

step("an answer reaches the phone, and its marks advance", ["a client's text appears"], async (stage) => {
  const { client, carrier } = stage;
  const states = await statesOf(client.page, ANSWER);
  await client.write(ANSWER);
  await carrier.gets(PHONES.carol, ANSWER);
  await client.stands(ANSWER, "Delivered");
  const seen = await states();
  const places = seen.map((state) => ON_ITS_WAY.indexOf(state));
  assert.ok(places.every((place, at) => place >= 0 && (at === 0 || place > places[at - 1])), `in this order: ${seen}`);
  assert.ok(seen.includes("Sent to carrier"), `the carrier had it before the phone: ${seen}`);
  assert.equal(await carrier.accepted(ANSWER), 1);
});

step("a failed text says why and can be retried", ["an answer reaches the phone, and its marks advance"], async (stage) => {
  const { client, carrier } = stage;
  await carrier.fault("delivery_failure", 1);
  await client.write(REPEATED);
  await client.stands(REPEATED, /was not delivered: the client’s|was not delivered: the client's/);
  await audit(client.page, "failed text");
  const failed = client.said(REPEATED).first();
  // On the list it is the text that failed, and not what the bot says of it.
  const row = client.row("0141").filter({ hasText: REPEATED });
  await row.getByText("Failed", { exact: true }).waitFor();
  await failed.getByRole("button", { name: "Retry" }).click();
  await carrier.gets(PHONES.carol, REPEATED);
  await client.said(REPEATED).nth(1).getByText("Delivered").waitFor();
  await failed.getByRole("button", { name: "Retry" }).waitFor({ state: "detached" });
  assert.equal(await carrier.accepted(REPEATED), 2);
});

step("what cannot be sent is refused in words", ["a client's text appears"], async (stage) => {
  const { client } = stage;
  await client.composer.fill("It’s “done” – as agreed");
  await client.page.getByText("go out as plain ones").waitFor();
  await client.button("Replace now").click();
  assert.equal(await client.composer.inputValue(), "It's \"done\" - as agreed");
  await client.room.getByText("1 SMS").waitFor();
  await client.composer.fill("x".repeat(1700));
  await client.room.getByText("100 characters too many").waitFor();
  await client.composer.press("Enter");
  await client.page.getByRole("alert").getByText("too long").waitFor();
  await audit(client.page, "too long a text");
  await client.composer.evaluate((box) => {
    const data = new DataTransfer();
    data.items.add(new File(["x"], "chart.png", { type: "image/png" }));
    box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await client.page.getByRole("alert").getByText("cannot be sent here yet").waitFor();
  await client.composer.fill("");
  await auditNarrow(client.page, "conversation");
});

/** Notes everything that stands under a text of ours, from now on; gives the way to ask for it. */
async function statesOf(page, words) {
  await page.evaluate((words) => {
    const states = (window.noted = []);
    const look = () => {
      for (const said of document.querySelectorAll(".said")) {
        if (said.querySelector(".words")?.textContent !== words) continue;
        const state = said.querySelector(".fate p")?.textContent;
        if (state && states.at(-1) !== state) states.push(state);
      }
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  }, words);
  return () => page.evaluate(() => window.noted);
}
