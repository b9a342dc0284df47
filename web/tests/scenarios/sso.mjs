/** Signing in by the firm's single sign-on, and links that bring somebody else's login. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { audit, auditNarrow } from "../lib/axe.mjs";
import { Client } from "../lib/client.mjs";
import { PROVIDER_ID, Provider } from "../lib/provider.mjs";
import { home, openAtSignIn, signOn, tellHomeserver, wayOf } from "../lib/sign-on.mjs";
import { step } from "../lib/story.mjs";
import { FIRST } from "./texts.mjs";

/** By then the keys of what it reads are in the backup. */
export const READ_ELSEWHERE = "another browser reads history with the recovery key";
export const OFFERED = "the firm's single sign-on is offered by its name";
/** Somebody of the firm whose account the single sign-on makes. */
const NEW = "frances";

step(OFFERED, [], async (stage) => {
  const { demo } = stage;
  const { VERBATIM_OIDC_PYTHON: packages } = process.env;
  if (!packages) throw new Error("VERBATIM_OIDC_PYTHON must name a Python that has authlib");
  demo.lendPackages(packages);
  stage.provider = await Provider.start(demo.homeserver);
  await tellHomeserver(stage);
  const { profile, client } = await openAtSignIn(stage, "sso");
  await client.button("Sign in").waitFor();
  await audit(client.page, "sign-in, single sign-on");
  await auditNarrow(client.page, "sign-in, single sign-on");
  await profile.close();
});

step("the single sign-on leads to the employee's account", [READ_ELSEWHERE, OFFERED], async (stage) => {
  const { profile, client } = await openAtSignIn(stage, "sso");
  const { page } = client;
  const carried = watchFor("loginToken", page);
  await signOn(stage, client, stage.alice.name);
  await client.sees("Read older messages in this browser");
  await client.recover(stage.key);
  await client.isOnline();
  await client.choose("0141");
  await client.reads(FIRST);

  const [token, ...more] = carried.addresses;
  assert.ok(token, "it came back with a login token");
  assert.deepEqual(more, [], "which is in no other address");
  assert.deepEqual(carried.referrers, [], "and no page passes on as where one came from");
  const seen = await addressesSeen(profile, page);
  assert.ok(seen.some((address) => address.startsWith(stage.provider.address)), `the way out is known: ${seen}`);
  assert.deepEqual(seen.filter((address) => address.includes("loginToken")), [], "the browser can show it nowhere");
  assert.equal(page.url(), home(stage));
  assertNotLogged(stage.demo, token);
  await page.reload();
  await client.isOnline();
  await client.signOut();
  await profile.close();
});

step("who has no password gets keys all the same", [OFFERED], async (stage) => {
  const { profile, client } = await openAtSignIn(stage, "new");
  // Nobody has given this one a number yet.
  await profile.expecting(["403"], async () => {
    await signOn(stage, client, NEW);
    await client.recoveryKey();
    await client.keepKey();
    await client.page.getByText("You cannot text clients now.").waitFor();
  });
  await profile.close();
});

step("nobody is signed in by a link", [OFFERED], async (stage) => {
  const { profile, client } = await openAtSignIn(stage, "link");
  const { page } = client;
  const logins = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/v3/login")) logins.push(request.postDataJSON());
  });
  const theirs = await tokenOf(stage);
  const follow = async (answer) => {
    await page.goto(linkTo(home(stage), theirs, answer));
    await wayOf(client).waitFor();
    assert.equal(page.url(), home(stage), "the token has left the address");
  };

  await follow(undefined);
  await follow("made-up");
  // Even where a sign-on is under way in this tab: it answers another question.
  await wayOf(client).click();
  await page.getByRole("button", { name: /^Go on as/ }).waitFor();
  await follow("made-up");
  assert.deepEqual(logins, [], "the homeserver was not even asked");
  const { user_id: userId } = await stage.homeserver.call("POST", "login", { type: "m.login.token", token: theirs });
  assert.equal(userId, stage.bob.userId, "though the token was good");
  await profile.close();
});

step("a token that the homeserver did not make is refused in words", [OFFERED], async (stage) => {
  const { profile, client } = await openAtSignIn(stage, "forged");
  const { page } = client;
  const out = page.waitForRequest((request) => request.url().includes("/login/sso/redirect/"));
  await wayOf(client).click();
  await page.getByRole("button", { name: /^Go on as/ }).waitFor();
  const back = new URL(new URL((await out).url()).searchParams.get("redirectUrl"));
  back.searchParams.set("loginToken", "syl_forged");
  await profile.expecting(["403"], async () => {
    await page.goto(back.href);
    await page.getByRole("alert").getByText("The answer of the single sign-on was not taken").waitFor();
  });
  await wayOf(client).waitFor();
  assert.equal(page.url(), home(stage));
  await audit(page, "sign-in, single sign-on refused");
  await profile.close();
});

/** A login token that is good, for Bob: somebody who wants others to write in an account of theirs has one. */
async function tokenOf(stage) {
  const { provider, homeserver } = stage;
  const profile = await stage.newProfile("theirs");
  profile.mayAsk(provider.address);
  const page = await profile.page();
  const carried = watchFor("loginToken", page);
  provider.person = stage.bob.name;
  await page.goto(`${homeserver.base}/_matrix/client/v3/login/sso/redirect/${PROVIDER_ID}?redirectUrl=${encodeURIComponent(home(stage))}`);
  await page.getByRole("button", { name: `Go on as ${stage.bob.name}` }).click();
  // The client does not use it: this tab has not asked there for a sign-in.
  await wayOf(new Client(page)).waitFor();
  await profile.close();
  return carried.addresses[0];
}

function linkTo(client, token, answer) {
  const link = new URL(client);
  link.searchParams.set("loginToken", token);
  if (answer) link.searchParams.set("sso", answer);
  return link.href;
}

/** Notes what the page asks for with this parameter in the address, or in where it says to come from. */
function watchFor(parameter, page) {
  const carried = { addresses: [], referrers: [] };
  page.on("request", (request) => {
    const value = new URL(request.url()).searchParams.get(parameter);
    if (value !== null) carried.addresses.push(value);
    const { referer } = request.headers();
    if (referer?.includes(parameter)) carried.referrers.push(request.url());
  });
  return carried;
}

/** All that Back and Forward lead to, and what the page itself could read. */
async function addressesSeen(profile, page) {
  const session = await profile.context.newCDPSession(page);
  const { entries } = await session.send("Page.getNavigationHistory");
  await session.detach();
  const own = await page.evaluate(() => [location.href, document.URL, document.referrer]);
  return [...entries.flatMap(({ url, userTypedURL }) => [url, userTypedURL]), ...own];
}

/** Addresses are what servers log. */
function assertNotLogged({ data }, token) {
  const logs = join(data, "logs");
  const telling = readdirSync(logs).filter((name) => readFileSync(join(logs, name), "utf8").includes(token));
  assert.deepEqual(telling, [], "no log has the login token");
}
