/** Beginning a conversation by number, and what a client's STOP does to it. */
import assert from "node:assert/strict";
import { audit, auditNarrow } from "../lib/axe.mjs";
import { PHONES } from "../lib/stage.mjs";
import { step } from "../lib/story.mjs";

const HELLO = "Hello Erin, this is Alice.";
const STOPPED = "Are you still there?";
const AGAIN = "Welcome back, Erin.";
const ONCE_MORE = "And once more.";

step("a conversation is begun by number", ["the first sign-in sets up keys"], async (stage) => {
  const { client, carrier } = stage;
  await client.page.keyboard.press("Alt+n");
  const dialog = client.dialog("New text");
  const number = client.newNumber;
  const verdict = dialog.getByRole("status");
  const open = dialog.getByRole("button", { name: "Open conversation" });
  await dialog.waitFor();
  await audit(client.page, "new text");
  await auditNarrow(client.page, "new text");

  await number.fill("Nobody Known");
  await verdict.getByText("You have no client of this name").waitFor();
  await number.fill("+1 202 555 01");
  await verdict.locator("p").filter({ hasNotText: /^(Checking|With country code)/ }).first().waitFor();
  assert.equal(await open.getAttribute("aria-disabled"), "true");
  await audit(client.page, "new text, wrong number");
  await number.fill("(202) 555-0143");
  await client.numberIsGood();
  await client.page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });

  await client.begin("(202) 555-0143", "Erin Stone");
  await client.write(HELLO);
  await carrier.gets(PHONES.erin, HELLO);
  await client.stands(HELLO, "Delivered");
  await client.room.getByText("Not asked").waitFor();
});

step("it is found, not begun again", ["a conversation is begun by number"], async ({ client }) => {
  await client.button("New text").first().click();
  const dialog = client.dialog("New text");
  await client.newNumber.fill("+12025550143");
  const known = dialog.getByRole("list", { name: "Conversations there are already" });
  await known.getByRole("button").filter({ hasText: "Erin Stone" }).click();
  await dialog.waitFor({ state: "detached" });
  await client.reads(HELLO);
});

step("after STOP nobody can text them, and after START one can", ["it is found, not begun again"], async (stage) => {
  const { client, carrier, alice } = stage;
  await carrier.text(PHONES.erin, alice.number, "STOP");
  await optedOut(client);
  await audit(client.page, "opted out");
  await auditNarrow(client.page, "opted out");
  await startedAgain(stage, AGAIN);
});

step("a carrier that knows better is believed", ["after STOP nobody can text them, and after START one can"], async (stage) => {
  const { client, carrier, alice } = stage;
  await carrier.optOut(PHONES.erin, alice.number);
  await client.write(STOPPED);
  await client.stands(STOPPED, /the client asked not to be texted/);
  assert.equal(await client.said(STOPPED).getByRole("button", { name: "Retry" }).count(), 0, "that would not help");
  assert.equal(await carrier.accepted(STOPPED), 0);
  await optedOut(client);
  await startedAgain(stage, ONCE_MORE);
});

async function optedOut(client) {
  await client.room.getByText("Opted out").waitFor();
  await client.room.locator(".blocked").getByText("The client asked not to be texted.").waitFor();
  assert.equal(await client.room.getByRole("textbox").count(), 0, "there is nowhere to write");
}

async function startedAgain({ client, carrier, alice }, words) {
  await carrier.text(PHONES.erin, alice.number, "START");
  await client.room.getByText("Opted in").waitFor();
  await client.write(words);
  await carrier.gets(PHONES.erin, words);
}
