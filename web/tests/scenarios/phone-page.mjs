/** Both sides in a browser: the phone page and the client. */
import { audit, auditNarrow } from "../lib/axe.mjs";
import { Phones } from "../lib/phones.mjs";
import { step } from "../lib/story.mjs";

const ASKED = "Can we move our call to three?";
const ANSWERED = "Three is fine, talk to you then.";

step("a text from the phone page is answered on it", ["the first sign-in sets up keys"], async (stage) => {
  const profile = (await stage.browser.profile("phones")).mayAsk(stage.demo.phonePage);
  try {
    await bothSides(stage, profile);
  } finally {
    await profile.close();
  }
});

async function bothSides({ client, demo, alice }, profile) {
  const phones = await Phones.open(profile, demo.phonePage);
  await phones.phone("Dan").waitFor();
  await audit(phones.page, "phone page");
  await phones.write("Dan", alice, ASKED);

  await client.choose(ASKED);
  await client.reads(ASKED);
  await client.write(ANSWERED);
  await phones.shows("Dan", ANSWERED);
  await client.stands(ANSWERED, "Delivered");
  await audit(phones.page, "phone page with texts");
  await auditNarrow(phones.page, "phone page");
}
