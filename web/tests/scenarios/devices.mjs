/** Other browsers of the same employee: with the recovery key, and without. */
import assert from "node:assert/strict";
import { audit, auditNarrow } from "../lib/axe.mjs";
import { PHONES } from "../lib/stage.mjs";
import { step } from "../lib/story.mjs";
import { ANSWER, FIRST } from "./texts.mjs";

const TEXTED = "an answer reaches the phone, and its marks advance";
const LATER = "This one is new to all browsers.";

step("another browser reads history with the recovery key", [TEXTED], async (stage) => {
  const { profile, client } = await stage.open("second");
  await client.signIn(stage.alice);
  await client.sees("Read older messages in this browser");
  await audit(client.page, "recover");
  await auditNarrow(client.page, "recover");
  await client.recover("AAAA BBBB CCCC");
  await client.page.getByRole("alert").getByText("This is not your recovery key").waitFor();
  await audit(client.page, "recover refused");
  await client.recover(stage.key);
  await client.isOnline();
  await client.choose("0141");
  await client.reads(FIRST);
  await client.stands(ANSWER, "Delivered");
  stage.second = { profile, client };
});

step("without the key it says plainly what it cannot read", [TEXTED], async (stage) => {
  const { carrier, alice } = stage;
  const { profile, client } = await stage.open("third");
  await client.signIn(alice);
  await client.sees("Read older messages in this browser");
  await client.button("Go on without them").click();
  await client.isOnline();
  await client.choose("0141");
  await client.log.getByText("This message cannot be read here.").first().waitFor();
  assert.equal(await client.said(FIRST).count(), 0);
  await audit(client.page, "unreadable texts");

  await carrier.text(PHONES.carol, alice.number, LATER);
  await client.reads(LATER);
  await client.write("Written without the key");
  await carrier.gets(PHONES.carol, "Written without the key");
  await profile.close();
});

step("what one browser sends and gets, the other shows", ["another browser reads history with the recovery key"], async (stage) => {
  const { client } = stage;
  const { client: second, profile } = stage.second;
  await client.choose("0141");
  await second.write("From the second browser");
  await client.reads("From the second browser");
  await client.write("From the first browser");
  await second.reads("From the first browser");
  await second.stands("From the first browser", "Delivered");
  await profile.close();
});
