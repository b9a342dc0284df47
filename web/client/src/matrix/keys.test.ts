import { encodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api";
import type { MatrixClient } from "matrix-js-sdk/lib/matrix";
import { describe, expect, it } from "vitest";
import { setUp, standing } from "./keys";

const KEY = encodeRecoveryKey(new Uint8Array(32).fill(7)) ?? "";
const OTHER = encodeRecoveryKey(new Uint8Array(32).fill(8)) ?? "";

const whole = {
  signing: true,
  published: true,
  /** The first byte of the recovery key that the homeserver describes. */
  described: 7 as number | undefined,
  secrets: true,
  backup: "1" as string | null,
};

/** An account as far as its set-up came; `done` is what was asked of it. */
function account(how: Partial<typeof whole> = {}) {
  const is = { ...whole, ...how };
  const done: unknown[] = [];
  const crypto = {
    isCrossSigningReady: async () => is.signing,
    userHasCrossSigningKeys: async () => is.published,
    checkKeyBackupAndEnable: async () => null,
    getActiveSessionBackupVersion: async () => is.backup,
    isSecretStorageReady: async () => is.secrets,
    bootstrapCrossSigning: async ({ setupNewCrossSigning }: { setupNewCrossSigning?: boolean }) => {
      done.push(setupNewCrossSigning ? "new keys" : "keys");
    },
    createRecoveryKeyFromPassphrase: async () => ({ encodedPrivateKey: KEY }),
    bootstrapSecretStorage: async () => void done.push("secrets"),
  };
  const secretStorage = {
    getDefaultKeyId: async () => (is.described === undefined ? null : "id"),
    getKey: async () => (is.described === undefined ? null : ["id", is.described]),
    checkKey: async (key: Uint8Array, described: number) => key[0] === described,
  };
  const client = { getCrypto: () => crypto, secretStorage } as unknown as MatrixClient;
  return { client, done };
}

describe("where the keys stand", () => {
  it.each<[string, Partial<typeof whole>, string | undefined, string]>([
    ["all is done", {}, undefined, "ready"],
    ["all is done, the key is to be kept", {}, KEY, "ready"],
    ["nothing is done", { signing: false, published: false }, undefined, "first"],
    ["another device did it", { signing: false }, undefined, "later"],
    ["no recovery key yet", { described: undefined, secrets: false, backup: null }, undefined, "first"],
    ["a recovery key without secrets", { secrets: false, backup: null }, KEY, "first"],
    ["secrets without a backup", { backup: null }, KEY, "first"],
    ["a backup whose key is not among the secrets", { secrets: false }, KEY, "first"],
    ["the key here is of a later try", {}, OTHER, "first"],
  ])("%s", async (_name, how, unkept, expected) => {
    expect(await standing(account(how).client, unkept)).toBe(expected);
  });
});

describe("setting up", () => {
  it("makes keys anew where none are published, though some lie here", async () => {
    const { client, done } = account({ signing: false, published: false });
    expect(await setUp(client, undefined, async (key) => void done.push(key))).toBe(KEY);
    expect(done).toEqual(["new keys", KEY, "secrets"]);
  });

  it("leaves signing keys that are good alone: the secrets of before cannot be opened", async () => {
    const { client, done } = account({ secrets: false, backup: null });
    await setUp(client, undefined, async () => {});
    expect(done).toEqual(["secrets"]);
  });
});
