/**
 * Pictures of the main states of the client and of the phone page: `node screens.mjs FOLDER`. The states are
 * played on the whole product, so what is pictured is what there is.
 */
import { mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { settled } from "./lib/axe.mjs";
import { Phones } from "./lib/phones.mjs";
import { PHONES, Stage } from "./lib/stage.mjs";

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("where do the pictures go? node screens.mjs FOLDER");
const MOST_BYTES = 200_000;
const SIZE = { width: 1180, height: 760 };
const SMALL = { width: 390, height: 760 };
const BOTH = ["light", "dark"];

mkdirSync(folder, { recursive: true });
await Stage.play(play);

async function play(stage) {
  const { client, profile } = await stage.open("pictures", { viewport: SIZE });
  await client.sees("Sign in");
  await picture(client.page, "client-sign-in", ["light"]);
  await client.signIn(stage.alice);
  await client.recoveryKey();
  await picture(client.page, "client-recovery-key", ["light"], [client.page.getByRole("list", { name: /^Recovery key/ })]);
  await client.keepKey();
  await client.isOnline();

  await client.begin(PHONES.carol, "Carol Reyes");
  await client.begin(PHONES.dan, "Dan Okafor");
  await client.begin(PHONES.erin, "Erin Stone");
  await talk(stage, client);
  await teamRoom(stage, client);

  await client.choose("Carol Reyes");
  await client.composer.fill("I’ll send the paperwork today. Is your address still the same?");
  await client.room.getByText("go out as plain ones").waitFor();
  await picture(client.page, "client-conversation", BOTH);
  await client.composer.fill("");
  await client.choose("Dan Okafor");
  await picture(client.page, "client-failed", BOTH);
  await client.choose("Trading desk");
  await picture(client.page, "client-team", ["light"]);
  await client.button("New text").first().click();
  await client.newNumber.fill("(202) 555-0187");
  await client.numberIsGood();
  await picture(client.page, "client-new", ["light"]);
  await client.page.keyboard.press("Escape");

  await client.choose("Carol Reyes");
  await client.page.setViewportSize(SMALL);
  await picture(client.page, "client-small", ["dark"]);
  await phones(stage);
  await profile.close();
}

async function talk(stage, client) {
  const { carrier, alice } = stage;
  const hears = async (phone, words) => {
    await carrier.text(phone, alice.number, words);
    await client.row(words).waitFor();
  };
  const answers = async (words) => {
    await client.write(words);
    await client.stands(words, "Delivered");
  };
  await client.choose("Carol Reyes");
  await hears(PHONES.carol, "Good morning Alice, did the transfer go through?");
  await answers("Good morning Carol. Yes, it was booked at nine.");
  await hears(PHONES.carol, "Great. And the rest of the month?");
  await answers("The standing order goes out on the 28th, as every month.");
  await hears(PHONES.carol, "Perfect, thank you. One more thing: I would like to talk about the fund.");
  await client.choose("Dan Okafor");
  await hears(PHONES.dan, "Can you call me back before noon?");
  // The first text of a conversation comes with the firm's disclosure.
  await answers("Of course, Dan. When does it suit you?");
  await hears(PHONES.dan, "Any time after eleven.");
  await carrier.fault("delivery_failure", 1);
  await client.write("I can call you at half past eleven.");
  await client.stands("I can call you at half past eleven.", /was not delivered/);
  await client.choose("Carol Reyes");
  await hears(PHONES.erin, "Hello, this is Erin. My new address is in the mail.");
}

async function teamRoom(stage, client) {
  const colleague = await stage.colleague();
  const room = await colleague.makes("Trading desk", [stage.alice.userId]);
  await client.choose("Trading desk");
  await client.button("Join").click();
  await colleague.sees("joined", ({ user }) => user === stage.alice.userId);
  await colleague.says(room, "Markets open at nine. Who calls Mr. Okafor?");
  await client.reads("Markets open at nine. Who calls Mr. Okafor?");
  await client.write("I do, at half past eleven.");
  await colleague.sees("text");
}

async function phones(stage) {
  const profile = await stage.browser.profile("phones", { viewport: SIZE });
  const { page } = await Phones.open(profile, stage.demo.phonePage);
  await page.getByText("The standing order goes out").first().waitFor();
  await picture(page, "phones", BOTH);
  await profile.close();
}

/** What is covered is nobody's business: the key of an account that lives as long as this program. */
async function picture(page, name, schemes, covered = []) {
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme });
    await settled(page);
    const path = join(resolve(folder), `${name}-${colorScheme}.png`);
    await page.screenshot({ path, animations: "disabled", caret: "hide", mask: covered, maskColor: "#8a8f98" });
    const { size } = statSync(path);
    if (size > MOST_BYTES) throw new Error(`${path} has ${size} bytes, and may have ${MOST_BYTES}`);
    console.log(`${name}-${colorScheme}.png (${Math.round(size / 1000)} kB)`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}
