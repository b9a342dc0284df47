/** Many new clients at once: rooms, keys and devices come in any order. */
import assert from "node:assert/strict";
import { step } from "../lib/story.mjs";
import { until } from "../lib/wait.mjs";

const CLIENTS = 24;

step("texts of many new clients at once can all be read", ["the first sign-in sets up keys"], async (stage) => {
  const { client, carrier, alice } = stage;
  const phones = Array.from({ length: CLIENTS }, (_, at) => `+131255501${String(at).padStart(2, "0")}`);
  await Promise.all(phones.map((phone, at) => carrier.text(phone, alice.number, `I am new here, number ${at + 1}.`)));
  await until("all are readable", async () => (await client.row("I am new here").count()) === CLIENTS);
  assert.equal(await client.row("Cannot be read here").count(), 0);
});
