/** The recovery key lost: another one made where the keys still are, and all keys made anew where they are not. */
import assert from "node:assert/strict";
import { audit, auditNarrow } from "../lib/axe.mjs";
import { PHONES } from "../lib/stage.mjs";
import { step } from "../lib/story.mjs";
import { until } from "../lib/wait.mjs";

const TEXTED = "an answer reaches the phone, and its marks advance";
const CHANGED = "who has lost the paper makes another recovery key, and loses nothing";
const RESET = "who has lost the recovery key makes the keys anew";
/** Late in the conversation, so that it is on the screen without scrolling. */
const BEFORE = "Said before the keys were made anew.";
const SINCE = "Said after the keys were made anew.";
const ANSWERED = "Read, with new keys.";
const COLLEAGUE = "Does this reach your new keys?";

step(CHANGED, [TEXTED], async (stage) => {
  const { profile, client } = await signedIn(stage, "paper", stage.key);
  await client.menu("Recovery key…");
  await client.sees("Make a new recovery key");
  await audit(client.page, "new recovery key");
  await auditNarrow(client.page, "new recovery key");
  await client.button("Back").click();
  await client.isReady();
  await client.menu("Recovery key…");
  await client.button("Make a new recovery key").click();
  const key = await client.recoveryKey();
  assert.notEqual(key, stage.key);
  await client.page.reload();
  assert.equal(await client.recoveryKey(), key, "it is the same until it is said to be kept");
  await client.keepKey();
  await client.isOnline();

  await client.choose("0141");
  const since = Date.now();
  await stage.carrier.text(PHONES.carol, stage.alice.number, BEFORE);
  await client.reads(BEFORE);
  await backedUp(stage, since);

  const { profile: another, client: there } = await stage.open("paper-2");
  await there.signIn(stage.alice);
  await there.sees("Read older messages in this browser");
  await there.recover(stage.key);
  await there.page.getByRole("alert").getByText("This is not your recovery key").waitFor();
  await there.recover(key);
  await there.isOnline();
  await there.choose("0141");
  await there.reads(BEFORE);
  await another.close();
  stage.key = key;
  stage.old = { profile, client };
});

step(RESET, [CHANGED], async (stage) => {
  const { profile, client } = await stage.open("lost");
  const { page } = client;
  await client.signIn(stage.alice);
  await client.sees("Read older messages in this browser");
  // The password of this visit would answer by itself.
  await page.reload();
  await client.button("I don’t have my recovery key").click();
  await client.sees("Go on without your recovery key");
  await audit(page, "lost recovery key");
  await auditNarrow(page, "lost recovery key");
  await client.button("Make my keys anew").click();
  await client.sees("Confirm that it is you");
  await audit(page, "confirm");
  await auditNarrow(page, "confirm");
  await confirm(client, "not her password");
  await page.getByRole("alert").getByText("The password is wrong").waitFor();
  await audit(page, "confirm refused");
  await client.button("Back").click();
  await client.sees("Go on without your recovery key");
  await client.button("Back").click();
  await client.sees("Read older messages in this browser");

  await client.button("I don’t have my recovery key").click();
  await client.button("Make my keys anew").click();
  await confirm(client, stage.alice.password);
  const key = await client.recoveryKey();
  const since = Date.now();
  await audit(page, "recovery key made anew");
  await client.keepKey();
  await client.isOnline();
  await client.choose("0141");
  assert.equal(await client.said(BEFORE).count(), 0, "what was said before stays locked");
  await stage.carrier.text(PHONES.carol, stage.alice.number, SINCE);
  await client.reads(SINCE);
  await client.write(ANSWERED);
  await stage.carrier.gets(PHONES.carol, ANSWERED);
  await client.stands(ANSWERED, "Delivered");
  stage.key = key;
  stage.anew = { profile, client, since };
});

step("another browser reads by the new key what was said since", [RESET], async (stage) => {
  await backedUp(stage, stage.anew.since);
  const { profile, client } = await signedIn(stage, "third-key", stage.key);
  await client.choose("0141");
  await client.reads(SINCE);
  await client.reads(ANSWERED);
  await client.write("From the third");
  await stage.carrier.gets(PHONES.carol, "From the third");
  await profile.close();
});

step("the browser of before is led to the new key, and brings along what it had", [RESET], async (stage) => {
  const { client } = stage.old;
  await client.sees("Read older messages in this browser");
  await client.recover(stage.key);
  await client.isOnline();
  await client.choose("0141");
  await client.reads(BEFORE);
  await client.reads(SINCE);
  await client.write("From the browser of before");
  await stage.carrier.gets(PHONES.carol, "From the browser of before");
  await stage.anew.client.reads("From the browser of before");
});

step("a colleague with another client reads the new keys, and is read", [RESET], async (stage) => {
  const { client } = stage.anew;
  const colleague = await stage.colleague();
  const room = await colleague.makes("After the change", [stage.alice.userId]);
  await client.choose("After the change");
  await client.button("Join").click();
  await colleague.sees("joined", ({ user }) => user === stage.alice.userId);
  await colleague.says(room, COLLEAGUE);
  await client.reads(COLLEAGUE);
  await client.write("It does.");
  const heard = await colleague.sees("text", ({ body }) => body === "It does.");
  assert.equal(heard.decrypted, true);
  await colleague.stop();
});

/** Where a page dies, by the request that it does not survive; and whether the keys had been replaced by then. */
const DEATHS = [
  ["before the keys are sent", "**/keys/device_signing/upload", false],
  ["with keys and no signature", "**/keys/signatures/upload", true],
  ["before the recovery key is known", "**/account_data/m.secret_storage.default_key", true],
  ["with half of the secrets", "**/account_data/m.cross_signing.user_signing", true],
  ["without a backup", "**/room_keys/version", true],
  ["before its key is kept", "**/account_data/m.megolm_backup.v1", true],
];

step("a page that dies while keys are made anew goes on at the next visit", [RESET], async (stage) => {
  for (const [when, request, isReplaced] of DEATHS) {
    const { profile, client } = await stage.open(`dies ${when}`);
    const { page } = client;
    await client.signIn(stage.alice);
    await client.button("I don’t have my recovery key").click();
    const died = diesAt(page, request);
    await client.button("Make my keys anew").click();
    await died;
    await page.reload();
    if (!isReplaced) {
      await client.sees("Read older messages in this browser");
      await client.recover(stage.key);
      await client.isOnline();
    } else {
      const key = await client.recoveryKey();
      await client.keepKey();
      await client.isOnline();
      stage.key = key;
    }
    await client.choose("0141");
    await client.write(`Still here: ${when}`);
    await stage.carrier.gets(PHONES.carol, `Still here: ${when}`);
    await profile.close();

    const { profile: next, client: there } = await signedIn(stage, `after ${when}`, stage.key);
    await there.choose("0141");
    await there.write(`Signed: ${when}`);
    await stage.carrier.gets(PHONES.carol, `Signed: ${when}`);
    await next.close();
  }
});

step("who has no password confirms where they sign in", ["who has no password gets keys all the same"], async (stage) => {
  const { profile, client } = await stage.open("new, lost");
  const { page } = client;
  const { provider } = stage;
  const before = provider.person;
  provider.person = "frances";
  profile.mayAsk(stage.demo.client, stage.demo.homeserver, provider.address);
  // Nobody has given this one a number.
  await profile.expecting(["403"], async () => {
    await page.getByRole("button", { name: /^Continue with/ }).click();
    await page.getByRole("button", { name: "Go on as frances" }).click();
    await client.sees("Read older messages in this browser");
    await client.button("I don’t have my recovery key").click();
    await client.button("Make my keys anew").click();
    await client.sees("Confirm that it is you");
    await audit(page, "confirm elsewhere");
    await auditNarrow(page, "confirm elsewhere");
    await client.button("I have confirmed it there").click();
    await page.getByRole("alert").getByText("has not got your confirmation yet").waitFor();
    const link = page.getByRole("link", { name: "Confirm on the chat server’s page" });
    assert.equal(await link.getAttribute("target"), "_blank");
    await confirmAt(await link.getAttribute("href"), stage);
    await client.button("I have confirmed it there").click();
    await client.recoveryKey();
    await client.keepKey();
    await client.isOnline();
    await page.getByText("You cannot text clients now.").waitFor();
  });
  provider.person = before;
  await profile.close();
});

/**
 * The first such request is neither answered nor refused, as where a laptop is closed; resolves then. It is not let go
 * before the page is: the browser would send it.
 */
function diesAt(page, request) {
  let isDead = false;
  return new Promise((resolve) => {
    void page.route(request, (route) => {
      if (isDead || route.request().method() === "GET") return route.continue();
      isDead = true;
      resolve();
    });
  });
}

/** Alice in another browser, with the recovery key. */
async function signedIn(stage, name, key) {
  const { profile, client } = await stage.open(name);
  await client.signIn(stage.alice);
  await client.sees("Read older messages in this browser");
  await client.recover(key);
  await client.isOnline();
  return { profile, client };
}

async function confirm(client, password) {
  await client.page.getByRole("textbox", { name: "Password" }).fill(password);
  await client.button("Confirm").click();
}

/** The homeserver's page, in a browser that nobody watches: what it shows and fetches is not ours. */
async function confirmAt(address, { browser }) {
  const context = await browser.browser.newContext();
  const page = await context.newPage();
  await page.goto(address);
  await page.getByRole("link", { name: /^Continue with/ }).click();
  await page.getByRole("button", { name: "Go on as frances" }).click();
  await page.getByText("Thank you").waitFor();
  await context.close();
}

/** The keys of new texts reach the backup some seconds late: those of all that was said since. */
async function backedUp({ homeserver, alice }, since) {
  const said = await homeserver.events(alice);
  const sessions = said.filter((e) => e.type === "m.room.encrypted" && e.origin_server_ts >= since).map((e) => e.content.session_id);
  assert.ok(sessions.length > 0, "something was said");
  await homeserver.as(alice, (call) =>
    until("keys are in the new backup", async () => {
      const { version } = await call("GET", "room_keys/version");
      const { rooms } = await call("GET", `room_keys/keys?version=${version}`);
      const there = Object.values(rooms).flatMap((room) => Object.keys(room.sessions));
      return sessions.every((session) => there.includes(session));
    }),
  );
}
