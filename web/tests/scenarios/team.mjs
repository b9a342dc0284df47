/** A team room with a colleague who uses another client (matrix-nio). */
import assert from "node:assert/strict";
import { audit } from "../lib/axe.mjs";
import { step } from "../lib/story.mjs";

const MORNING = "Markets open at nine.";
const REPLY = "Then I call Carol before.";

step("a colleague with another client and ours read each other", ["the first sign-in sets up keys"], async (stage) => {
  const { client, alice } = stage;
  const colleague = await stage.colleague();
  const room = await colleague.makes("Trading desk", [alice.userId]);
  const row = client.row("Trading desk");
  await row.getByText("Team", { exact: true }).waitFor();
  await client.choose("Trading desk");
  await audit(client.page, "invitation");
  await client.button("Join").click();
  await colleague.sees("joined", ({ user }) => user === alice.userId);

  await colleague.says(room, MORNING);
  await client.reads(MORNING);
  await client.write(REPLY);
  const heard = await colleague.sees("text", ({ body }) => body === REPLY);
  assert.equal(heard.decrypted, true, "it came encrypted");
  assert.equal(heard.sender, alice.userId);
  assert.equal(await client.log.getByText("This message cannot be read here.").count(), 0);
  await client.room.getByText("Encrypted", { exact: true }).waitFor();
  assert.equal(await client.room.getByText("SMS", { exact: true }).count(), 0, "nothing here says SMS");
  assert.equal(await client.room.getByText("Recorded", { exact: true }).count(), 0, "nor that it is recorded");
  await audit(client.page, "team room");
  await colleague.stop();
});
