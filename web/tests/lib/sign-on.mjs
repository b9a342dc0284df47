/** The firm's single sign-on as scenarios use it: the homeserver knows it, and browsers may visit it. */

/** What the homeserver calls it. */
export const SIGN_ON = "Harbour sign-on";

/** The homeserver starts anew, with this besides the single sign-on; what was open before would notice. */
export async function tellHomeserver(stage, more = {}) {
  const { demo, provider } = stage;
  await stage.closeProfiles();
  await demo.stopHomeserver();
  demo.tellHomeserver({ ...provider.synapseConfig(SIGN_ON, home(stage)), ...more });
  await demo.startHomeserver();
}

/** A browser at the sign-in page that may also visit the single sign-on. */
export async function openAtSignIn(stage, name) {
  const { profile, client } = await stage.open(name);
  profile.mayAsk(stage.provider.address);
  await wayOf(client).waitFor();
  return { profile, client };
}

export function wayOf(client) {
  return client.button(`Continue with ${SIGN_ON}`);
}

/** Goes there and comes back as somebody, who has not been there with this browser. */
export async function signOn(stage, client, person) {
  stage.provider.person = person;
  await wayOf(client).click();
  await client.page.getByRole("button", { name: `Go on as ${person}` }).click();
}

/** The client's address as the browser writes it. */
export function home({ demo }) {
  return new URL(demo.client).href;
}
