/**
 * How fast the client is: `node measure.mjs [client] [--quick]`. One JSON line for each thing measured.
 *
 * - `cold-load`: from the navigation of a tab of a browser that is signed in and has nothing of the page in its
 *   cache, until the list is drawn.
 * - `echo`: from the key Enter until the text is drawn in the conversation.
 */
import { Client } from "./lib/client.mjs";
import { Stage } from "./lib/stage.mjs";

const quick = process.argv.includes("--quick");
const CONVERSATIONS = quick ? 3 : 30;
const LOADS = quick ? 2 : 7;
const ECHOES = quick ? 3 : 25;

const say = (line) => console.log(JSON.stringify(line));

await Stage.play(async (stage) => {
  const { client, profile } = await stage.firstDevice("measured", stage.alice);
  await fill(stage, client);
  say({ browser: stage.browser.version, conversations: CONVERSATIONS });
  await echoes(client);
  await client.page.close();
  for (let run = 0; run < LOADS; run += 1) say({ what: "cold-load", run, ms: await coldLoad(stage, profile) });
});

/** As many clients have texted. */
async function fill({ carrier, alice }, client) {
  for (let at = 0; at < CONVERSATIONS; at += 1) {
    const phone = `+1${312 + Math.floor(at / 100)}55501${String(at % 100).padStart(2, "0")}`;
    await carrier.text(phone, alice.number, `This is client ${at + 1}.`);
  }
  for (let at = 0; at < CONVERSATIONS; at += 1) await client.row(new RegExp(`This is client ${at + 1}\\.`)).waitFor();
}

async function echoes(client) {
  const words = (at) => `Echo ${at + 1}`;
  await client.choose("This is client 1.");
  // The first one asks for the keys of who reads it.
  await client.write("First of all");
  await client.stands("First of all", "Delivered");
  for (let run = 0; run < ECHOES; run += 1) {
    await client.composer.fill(words(run));
    await noteEcho(client.page, words(run));
    await client.composer.press("Enter");
    say({ what: "echo", run, ms: await client.page.evaluate(() => window.echo) });
    // Each by itself, not beside the sending of the one before.
    await client.stands(words(run), "Delivered");
  }
}

/** Notes, from now on: from the key event, by its own clock, until the frame with the text has been drawn. */
async function noteEcho(page, words) {
  await page.evaluate((words) => {
    window.echo = new Promise((resolve) => {
      let pressed;
      const key = (event) => (pressed ??= event.timeStamp);
      document.addEventListener("keydown", key, { capture: true, once: true });
      const watch = new MutationObserver(() => {
        const all = [...document.querySelectorAll(".said .words")];
        if (!all.some((said) => said.textContent === words)) return;
        watch.disconnect();
        // The second frame begins when the first, which has the text, is on the screen.
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - pressed)));
      });
      watch.observe(document.body, { subtree: true, childList: true, characterData: true });
    });
  }, words);
}

async function coldLoad({ demo }, profile) {
  const client = new Client(await profile.page());
  const { page } = client;
  const protocol = await profile.context.newCDPSession(page);
  await protocol.send("Network.enable");
  await protocol.send("Network.setCacheDisabled", { cacheDisabled: true });
  await page.addInitScript(() => {
    // The clock of a page begins with its navigation.
    window.listDrawn = new Promise((resolve) => {
      const watch = new MutationObserver(() => {
        if (!document.querySelector('nav[aria-label="Conversations"] li .row-last')) return;
        watch.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())));
      });
      watch.observe(document, { subtree: true, childList: true });
    });
  });
  await page.goto(demo.client);
  const ms = await page.evaluate(() => window.listDrawn);
  await client.isOnline();
  await page.close();
  return ms;
}
