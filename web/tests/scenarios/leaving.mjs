/** Signing out, by oneself and from elsewhere. */
import assert from "node:assert/strict";
import { audit } from "../lib/axe.mjs";
import { kept, typeDraft } from "../lib/storage.mjs";
import { step } from "../lib/story.mjs";

const SIGNED_IN = "the first sign-in sets up keys";
/** Whose room nobody had the keys of a moment ago. */
const NEW_CLIENT = "+13125550177";
const LAST = "One last question for today";
const LAST_ANSWER = "And one last answer";
const LEFT = "signing out leaves nothing in the browser";
const TEXTED = "an answer reaches the phone, and its marks advance";

step(LEFT, [TEXTED], async (stage) => {
  const { client, carrier, alice } = stage;
  await carrier.text(NEW_CLIENT, alice.number, LAST);
  await client.choose(LAST);
  await client.write(LAST_ANSWER);
  await carrier.gets(NEW_CLIENT, LAST_ANSWER);
  const [before] = await kept(client.page);
  const devices = await stage.homeserver.browsers(stage.alice);
  assert.ok(before.length > 2, `keys and texts were kept: ${before}`);
  await typeDraft(client, "A draft that goes");
  await client.menu("Sign out…");
  await client.dialog("Sign out of this browser?").getByText("You would lose 1 draft.").waitFor();
  await audit(client.page, "sign out");
  await client.dialog("Sign out of this browser?").getByRole("button", { name: "Sign out and delete" }).click();
  await client.sees("Sign in");
  await client.page.getByText("You are signed out. This browser kept none of your messages.").waitFor();
  await audit(client.page, "signed out");

  const [databases, records] = await kept(client.page);
  assert.deepEqual(databases, ["verbatim"], "only the vault is left");
  assert.deepEqual(records.filter((name) => name !== "config"), [], "and there is nothing of anybody in it");
  assert.equal(await stage.homeserver.browsers(stage.alice), devices - 1, "the homeserver has forgotten the device");
});

step("what was written last can be read in the next browser", [LEFT], async (stage) => {
  const { profile, client } = await stage.open("fifth");
  await client.signIn(stage.alice);
  await client.sees("Read older messages in this browser");
  await client.recover(stage.key);
  await client.isOnline();
  await client.choose(NEW_CLIENT.slice(-4));
  await client.reads(LAST);
  await client.reads(LAST_ANSWER);
  await profile.close();
});

step("signed out from elsewhere, it says so", [SIGNED_IN], async (stage) => {
  const { profile, client } = await stage.open("fourth");
  await client.signIn(stage.alice);
  await client.sees("Read older messages in this browser");
  await client.recover(stage.key);
  await client.isOnline();
  await stage.homeserver.endAll(stage.alice);
  await client.sees("Sign in");
  await client.page.getByText("This browser was signed out from elsewhere").waitFor();
  await audit(client.page, "signed out from elsewhere");
  const [databases] = await kept(client.page);
  assert.deepEqual(databases, ["verbatim"]);
  await profile.close();
});
