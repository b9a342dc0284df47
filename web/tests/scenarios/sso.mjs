/** Signing in by the firm's single sign-on, and links that bring somebody else's login. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { audit, auditNarrow } from "../lib/axe.mjs";
import { Client } from "../lib/client.mjs";
import { PROVIDER_ID, Provider } from "../lib/provider.mjs";
import { PHONES } from "../lib/stage.mjs";
import { kept } from "../lib/storage.mjs";
import { step } from "../lib/story.mjs";
import { FIRST } from "./texts.mjs";

/** By then the keys of what it reads are in the backup. */
const READ_ELSEWHERE = "another browser reads history with the recovery key";
const OFFERED = "the firm's single sign-on is offered by its name";
const SIGN_ON = "Harbour sign-on";
/** Long enough to come back to what ran out. */
const LIFETIME_S = 30;
const WAITING = "Written before the login ran out";
const TYPED = "And not finished by then";
/** Somebody of the firm whose account the single sign-on makes. */
const NEW = "frances";

step(OFFERED, [], async (stage) => {
  const { demo } = stage;
  const { VERBATIM_OIDC_PYTHON: packages } = process.env;
  if (!packages) throw new Error("VERBATIM_OIDC_PYTHON must name a Python that has authlib");
  demo.lendPackages(packages);
  stage.provider = await Provider.start(stage.alice.name, demo.homeserver);
  await restart(stage);
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
  await wayOf(client).click();
  await page.getByRole("button", { name: `Go on as ${stage.alice.name}` }).click();
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
  stage.provider.person = NEW;
  await wayOf(client).click();
  // Nobody has given this one a number yet.
  await profile.expecting(["403"], async () => {
    await client.page.getByRole("button", { name: `Go on as ${NEW}` }).click();
    await client.recoveryKey();
    await client.keepKey();
    await client.page.getByText("You cannot text clients now.").waitFor();
  });
  stage.provider.person = stage.alice.name;
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

step("a login that ran out is its owner's to go on with, and nobody else's", [READ_ELSEWHERE, OFFERED], async (stage) => {
  const { carrier, provider, alice, bob } = stage;
  await restart(stage, { session_lifetime: `${LIFETIME_S}s` });
  const { profile, client } = await openAtSignIn(stage, "ran-out");
  const { page } = client;
  await client.signIn(alice);
  await client.recover(stage.key);
  await client.isOnline();
  await profile.expecting(["net::ERR_FAILED", "403"], async () => {
    await page.route(/\/send\/m\.room\./, (route) => route.abort());
    await client.choose("0141");
    await client.write(WAITING);
    await client.composer.fill(TYPED);
    await client.sees("Sign in");
    await page.getByText("Your sign-in has run out.").waitFor();
    await page.unroute(/\/send\/m\.room\./);
    await audit(page, "sign-in, run out");
    const [databases, records] = await kept(page);
    const device = databases.filter((name) => name !== "verbatim");
    assert.ok(device.length > 2, `the device's stores are kept: ${databases}`);

    provider.person = bob.name;
    await wayOf(client).click();
    await page.getByRole("button", { name: `Go on as ${bob.name}` }).click();
    await page.getByRole("alert").getByText("Only alice can sign in here now").waitFor();
    await page.getByText("You are not alice?").click();
    await audit(page, "sign-in of somebody else");
    assert.deepEqual(await kept(page), [databases, records], "nothing of hers has gone");

    // The provider would send back whom it knows by now.
    await profile.context.clearCookies();
    provider.person = alice.name;
    await wayOf(client).click();
    await page.getByRole("button", { name: `Go on as ${alice.name}` }).click();
    // On the device that it was: without the recovery key.
    await client.isOnline();
    await carrier.gets(PHONES.carol, WAITING);
    await client.choose("0141");
    assert.equal(await client.composer.inputValue(), TYPED);
    await client.reads(FIRST);
    assert.deepEqual((await kept(page))[0].filter((name) => name !== "verbatim"), device);
  });
  assert.equal(await carrier.accepted(WAITING), 1);
  // What comes after is to last.
  await restart(stage);
});

/** The homeserver starts anew, with this besides the single sign-on; what was open before would notice. */
async function restart(stage, more = {}) {
  const { demo, provider } = stage;
  await stage.closeProfiles();
  await demo.stopHomeserver();
  demo.tellHomeserver({ ...provider.synapseConfig(SIGN_ON, home(stage)), ...more });
  await demo.startHomeserver();
}

/** A browser at the sign-in page that may also visit the single sign-on. */
async function openAtSignIn(stage, name) {
  const { profile, client } = await stage.open(name);
  profile.mayAsk(stage.provider.address);
  await wayOf(client).waitFor();
  return { profile, client };
}

function wayOf(client) {
  return client.button(`Continue with ${SIGN_ON}`);
}

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
  provider.person = stage.alice.name;
  await profile.close();
  return carried.addresses[0];
}

/** The client's address as the browser writes it. */
function home({ demo }) {
  return new URL(demo.client).href;
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
