/** Many new clients at once: rooms, keys and devices come in any order. */
import assert from "node:assert/strict";
import { audit } from "../lib/axe.mjs";
import { step } from "../lib/story.mjs";
import { until } from "../lib/wait.mjs";

const CLIENTS = 24;
const RUSH = "texts of many new clients at once can all be read";

step(RUSH, ["the first sign-in sets up keys"], async (stage) => {
  const { client, carrier, alice } = stage;
  const phones = Array.from({ length: CLIENTS }, (_, at) => `+131255501${String(at).padStart(2, "0")}`);
  await Promise.all(phones.map((phone, at) => carrier.text(phone, alice.number, `I am new here, number ${at + 1}.`)));
  await until("all are readable", async () => (await client.row("I am new here").count()) === CLIENTS);
  assert.equal(await client.row("Cannot be read here").count(), 0);
});

step("a long list can be used wherever it is scrolled to", [RUSH], async (stage) => {
  const { page, list } = stage.client;
  const rows = list.getByRole("region", { name: "SMS" }).getByRole("list");
  const height = await rows.getByRole("listitem").first().evaluate((row) => row.getBoundingClientRect().height);
  const room = await rows.evaluate((box) => box.scrollHeight - box.clientHeight);
  assert.ok(room > 2 * height, `it scrolls, by ${room} px`);
  // The first row as a strip, cut in half, and all but gone.
  for (const cut of [0.1, 0.5, 0.9]) {
    await rows.evaluate((box, top) => (box.scrollTop = top), Math.round((1 + cut) * height));
    await audit(page, `long list, a row scrolled away by ${cut}`);
  }
  const tops = await list.getByRole("group", { name: "Show" }).getByRole("button").evaluateAll((all) => all.map((one) => one.offsetTop));
  assert.equal(new Set(tops).size, 1, `the filters stand on one line: ${tops}`);
});
