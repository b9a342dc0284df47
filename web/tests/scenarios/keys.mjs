/** Signing in for the first time, and the keys. */
import assert from "node:assert/strict";
import { audit, auditNarrow } from "../lib/axe.mjs";
import { step } from "../lib/story.mjs";

step("a wrong password is told", [], async (stage) => {
  const { profile, client } = await stage.open("first");
  Object.assign(stage, { profile, client });
  await client.sees("Sign in");
  await audit(client.page, "sign-in");
  await auditNarrow(client.page, "sign-in");
  await profile.expecting(["403"], async () => {
    await client.signIn({ name: "alice", password: "not her password" });
    await client.page.getByRole("alert").getByText("The name or the password is wrong").waitFor();
  });
  await audit(client.page, "sign-in refused");
});

step("the first sign-in sets up keys", ["a wrong password is told"], async (stage) => {
  const { client } = stage;
  await client.signIn(stage.alice);
  const key = await client.recoveryKey();
  assert.match(key, /^(\w{4} ){11}\w{4}$/, "twelve groups of four");
  assert.equal(await client.button("Continue").isDisabled(), true, "nobody goes on without keeping it");
  await audit(client.page, "recovery key");
  await auditNarrow(client.page, "recovery key");

  await client.page.reload();
  assert.equal(await client.recoveryKey(), key, "a reload in between does not lose it");
  await client.keepKey();
  await client.isOnline();
  await client.page.getByText("No conversations yet.").waitFor();
  await audit(client.page, "no conversations");
  stage.key = key;
});
