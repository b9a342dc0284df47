/** The line is down, or the homeserver is: nothing typed is lost, and nothing goes out twice. */
import assert from "node:assert/strict";
import { audit } from "../lib/axe.mjs";
import { PHONES } from "../lib/stage.mjs";
import { step } from "../lib/story.mjs";

const TEXTED = "an answer reaches the phone, and its marks advance";
const OFFLINE = "Written while this browser was offline";
const KEPT = "Kept here, goes out by itself";

/** What a browser says of a server that is not there. */
const NO_SERVER = [
  "net::ERR_CONNECTION_REFUSED",
  "net::ERR_CONNECTION_RESET",
  "net::ERR_CONNECTION_CLOSED",
  "net::ERR_EMPTY_RESPONSE",
  "net::ERR_SOCKET_NOT_CONNECTED",
  "net::ERR_INCOMPLETE_CHUNKED_ENCODING",
  "net::ERR_CONTENT_LENGTH_MISMATCH",
  "net::ERR_FAILED",
  "502",
  "503",
];

step("offline, what is written waits and goes out once", [TEXTED], async (stage) => {
  const { client, profile, carrier } = stage;
  await client.choose("0141");
  await profile.expecting(["net::ERR_INTERNET_DISCONNECTED", "net::ERR_NETWORK_CHANGED", "net::ERR_FAILED"], async () => {
    await profile.context.setOffline(true);
    try {
      await client.page.getByText("You are offline.").waitFor();
      await client.write(OFFLINE);
      await client.stands(OFFLINE, KEPT);
      await audit(client.page, "offline");
    } finally {
      await profile.context.setOffline(false);
    }
    await client.isOnline();
  });
  await carrier.gets(PHONES.carol, OFFLINE);
  await client.stands(OFFLINE, "Delivered");
  assert.equal(await carrier.accepted(OFFLINE), 1);
});

step("a restart of the homeserver loses and doubles nothing", [TEXTED], async (stage) => {
  const { demo, client, carrier, alice } = stage;
  await outage(stage, "Written while the homeserver was away", {
    begin: () => demo.stopHomeserver(),
    async meanwhile() {
      // It waits until there is a homeserver to show it by.
      await carrier.text(PHONES.carol, alice.number, "Texted while the homeserver was away");
      await audit(client.page, "server away");
    },
    end: () => demo.startHomeserver(),
  });
  await client.reads("Texted while the homeserver was away");
});

step("a restart of everything loses and doubles nothing", [TEXTED], async (stage) => {
  const { demo, client, carrier, alice } = stage;
  await outage(stage, "Written while nothing answered", {
    begin: () => demo.stop(),
    meanwhile: async () => {},
    end: () => demo.start(),
  });
  await carrier.text(PHONES.carol, alice.number, "After the restart");
  await client.reads("After the restart");
});

step("where nothing answers at the start, it says so", [], async (stage) => {
  const profile = await stage.newProfile("broken");
  await profile.expecting(["net::ERR_FAILED"], async () => {
    const page = await profile.page();
    await page.route("**/config.json", (route) => route.abort());
    await page.goto(stage.demo.client);
    await page.getByRole("heading", { name: "Verbatim does not answer" }).waitFor();
    await audit(page, "broken");
  });
  await profile.close();
});

/** What is written while the homeserver is away waits and goes out once. An outage ends even where its step fails. */
async function outage({ client, profile, carrier }, words, { begin, meanwhile, end }) {
  await client.choose("0141");
  await profile.expecting(NO_SERVER, async () => {
    await begin();
    try {
      await client.page.getByText("The firm’s chat server does not answer.").waitFor();
      await client.write(words);
      await client.stands(words, KEPT);
      await meanwhile();
    } finally {
      await end();
    }
    await client.isOnline();
  });
  await carrier.gets(PHONES.carol, words);
  await client.stands(words, "Delivered");
  assert.equal(await carrier.accepted(words), 1);
}
