/** Logins that the homeserver lets run out: the device stays, and what was typed. */
import assert from "node:assert/strict";
import { audit, auditNarrow } from "../lib/axe.mjs";
import { home, openAtSignIn, signOn, tellHomeserver } from "../lib/sign-on.mjs";
import { PHONES } from "../lib/stage.mjs";
import { kept } from "../lib/storage.mjs";
import { step } from "../lib/story.mjs";
import { OFFERED, READ_ELSEWHERE } from "./sso.mjs";
import { FIRST } from "./texts.mjs";

/** How long a login lasts; and an access token, which is renewed until then. */
const BRIEF = { session_lifetime: "30s", refreshable_access_token_lifetime: "3s" };
const SENDING = /\/send\/m\.room\./;

step("a login that ran out is its owner's to go on with, and nobody else's", [READ_ELSEWHERE, OFFERED], async (stage) => {
  await tellHomeserver(stage, BRIEF);
  // Side by side: each waits for its login to run out.
  await Promise.all([byPassword(stage), bySingleSignOn(stage)]);
  // What comes after is to last.
  await tellHomeserver(stage);
});

async function byPassword(stage) {
  const work = await workUntilItRanOut(stage, "by password");
  await work.client.signIn(stage.alice);
  await goesOn(stage, work);
}

async function bySingleSignOn(stage) {
  const { alice, bob } = stage;
  const work = await workUntilItRanOut(stage, "by single sign-on");
  const { profile, client, stores } = work;
  const { page } = client;
  await audit(page, "sign-in, run out");
  await auditNarrow(page, "sign-in, run out");
  await profile.expecting(["403"], async () => {
    await signOn(stage, client, bob.name);
    await page.getByRole("alert").getByText("Only alice can sign in here now").waitFor();
  });
  await page.getByText("You are not alice?").click();
  await audit(page, "sign-in of somebody else");
  assert.deepEqual(await kept(page), stores, "nothing of hers has gone");

  // The provider would send back whom it knows by now.
  await profile.context.clearCookies();
  await signOn(stage, client, alice.name);
  await goesOn(stage, work);
}

/** Alice signs in and writes, until the homeserver does not know the login any more. */
async function workUntilItRanOut(stage, how) {
  const { carrier, homeserver, alice } = stage;
  const { profile, client } = await openAtSignIn(stage, `ran out, ${how}`);
  const { page } = client;
  const [renewed, waiting, typed] = ["With a renewed token", "Before it ran out", "Not finished"].map((text) => `${text}, ${how}`);
  const renewals = [];
  page.on("response", (answer) => answer.url().endsWith("/v3/refresh") && renewals.push(answer.status()));
  await client.signIn(alice);
  await client.sees("Read older messages in this browser");
  const ranOut = homeserver.untilRunOut(alice);
  const tokenRanOut = homeserver.untilRunOut(alice, { isRenewable: true });
  await client.recover(stage.key);
  await client.isOnline();
  await client.choose("0141");
  await tokenRanOut;
  await client.write(renewed);
  await carrier.gets(PHONES.carol, renewed);
  assert.ok(renewals.includes(200), `its token was renewed: ${renewals}`);

  // To renew it is refused in the end.
  await profile.expecting(["403"], async () => {
    // What is written now reaches the homeserver too late.
    await page.route(SENDING, async (route) => {
      await ranOut;
      await route.continue();
    });
    await client.write(waiting);
    await client.composer.fill(typed);
    await client.sees("Sign in");
  });
  await page.getByText("Your sign-in has run out.").waitFor();
  await page.unroute(SENDING, { behavior: "wait" });
  assert.equal(page.url(), home(stage));
  const stores = await kept(page);
  assert.ok(devicesIn(stores).length > 1, `the device's stores are kept: ${stores}`);
  return { profile, client, waiting, typed, stores };
}

/** On the device that it was, without the recovery key: nothing is lost, and nothing goes twice. */
async function goesOn({ carrier }, { profile, client, waiting, typed, stores }) {
  await client.isOnline();
  await carrier.gets(PHONES.carol, waiting);
  await client.choose("0141");
  await client.stands(waiting, "Delivered");
  assert.equal(await client.composer.inputValue(), typed);
  await client.reads(FIRST);
  assert.equal(await carrier.accepted(waiting), 1);
  assert.deepEqual(devicesIn(await kept(client.page)), devicesIn(stores));
  await profile.close();
}

/** The databases that belong to a device. */
const devicesIn = ([databases]) => databases.filter((name) => name !== "verbatim");
