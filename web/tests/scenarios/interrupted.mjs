/** The first sign-in, broken off wherever it can be: each visit goes on with it. */
import assert from "node:assert/strict";
import { Client } from "../lib/client.mjs";
import { openAtSignIn, signOn } from "../lib/sign-on.mjs";
import { step } from "../lib/story.mjs";
import { OFFERED } from "./sso.mjs";

/** Somebody of the firm whose account the single sign-on makes. */
const NEW = "grace";

/** What the homeserver is told while keys are made, in this order. */
const TOLD = {
  "the account's public keys": /\/keys\/device_signing\/upload$/,
  "that they stand for this device": /\/keys\/signatures\/upload$/,
  "what the recovery key opens": /\/account_data\/m\.cross_signing\./,
  "that there is a backup": /\/room_keys\/version$/,
};

step("keys whose making was broken off are made by the next visit", [OFFERED], async (stage) => {
  const { profile, client } = await openAtSignIn(stage, "interrupted");
  // Nobody has given this one a number yet.
  await profile.expecting(["403"], async () => {
    let [now, begin] = [client, () => signOn(stage, client, NEW)];
    for (const [what, address] of Object.entries(TOLD)) {
      const told = answeredToNobody(now.page, address);
      await begin();
      await told.catch((error) => assert.fail(`the homeserver is told ${what}: ${error.message}`));
      await now.page.close();
      now = new Client(await profile.page());
      begin = () => now.page.goto(stage.demo.client);
    }
    await begin();
    const key = await now.recoveryKey();
    await now.page.close();

    now = await Client.open(profile, stage.demo.client);
    assert.equal(await now.recoveryKey(), key, "it is the one that was shown before");
    await now.keepKey();
    await now.isOnline();
    const userId = stage.alice.userId.replace(stage.alice.name, NEW);
    assert.deepEqual(await stage.homeserver.signedDevices(stage.alice, userId), [true], "the device is confirmed");
    await opensAll(stage, key);
  });
  await profile.close();
});

/** Another browser can do with the recovery key what it is for. */
async function opensAll(stage, key) {
  const { profile, client } = await openAtSignIn(stage, "after the interruption");
  await profile.expecting(["403"], async () => {
    await signOn(stage, client, NEW);
    await client.sees("Read older messages in this browser");
    await client.recover(key);
    await client.isOnline();
  });
  await profile.close();
}

/** Keeps back what the homeserver answers there; resolves once it has answered. */
async function answeredToNobody(page, address) {
  let answered;
  const hasAnswered = new Promise((resolve) => (answered = resolve));
  await page.route(address, async (route) => {
    // To ask is not to tell.
    if (route.request().method() === "GET") return route.continue();
    answered(await route.fetch());
  });
  await page.waitForRequest((request) => request.method() !== "GET" && address.test(request.url()));
  await hasAnswered;
}
