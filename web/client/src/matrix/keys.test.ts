import { encodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api";
import type { MatrixClient } from "matrix-js-sdk/lib/matrix";
import { describe, expect, it } from "vitest";
import { KeysReplaced } from "./faults";
import { setUp, standing } from "./keys";

const KEY = encodeRecoveryKey(new Uint8Array(32).fill(7)) ?? "";
const OTHER = encodeRecoveryKey(new Uint8Array(32).fill(8)) ?? "";

const whole = {
  /** The account's key as everybody sees it, and the one that this device can sign with. */
  seen: "A" as string | undefined,
  held: "A" as string | null,
  /** This device is signed with it. */
  signed: true,
  /** The first byte of the recovery key that the homeserver describes. */
  described: 7 as number | undefined,
  secrets: true,
  backup: "1" as string | null,
  /** This device can open the backup, or the homeserver does not say which there is. */
  opens: true as boolean | "unknown",
};

/** An account as far as its set-up came; `done` is what was asked of it. */
function account(how: Partial<typeof whole> = {}) {
  const is = { ...whole, ...how };
  const done: unknown[] = [];
  const crypto = {
    userHasCrossSigningKeys: async () => true,
    getCrossSigningKeyId: async () => is.held,
    getDeviceVerificationStatus: async () => ({ signedByOwner: is.signed }),
    crossSignDevice: async (device: string) => void done.push(`${device} signed`),
    checkKeyBackupAndEnable: async () =>
      is.backup === null || is.opens === "unknown" ? null : { trustInfo: { matchesDecryptionKey: is.opens } },
    getActiveSessionBackupVersion: async () => is.backup,
    isSecretStorageReady: async () => is.secrets,
    bootstrapCrossSigning: async () => {
      // What the SDK does first where there is a recovery key: it would ask for it.
      if (await client.secretStorage.hasKey()) throw new Error("the recovery key of before is wanted");
      done.push("new keys");
      Object.assign(is, { seen: "new", held: "new", signed: true });
    },
    createRecoveryKeyFromPassphrase: async () => ({ encodedPrivateKey: KEY }),
    bootstrapSecretStorage: async ({ setupNewKeyBackup }: { setupNewKeyBackup?: boolean }) => {
      done.push(setupNewKeyBackup ? "secrets, new backup" : "secrets");
      Object.assign(is, { described: 7, secrets: true, backup: "2" });
    },
  };
  const secretStorage = {
    hasKey: async () => is.described !== undefined,
    getKey: async () => (is.described === undefined ? null : ["id", is.described]),
    checkKey: async (key: Uint8Array, described: number) => key[0] === described,
  };
  const downloadKeysForUsers = async () => ({ master_keys: is.seen && { "@a:x": { keys: { ed25519: is.seen } } } });
  const client = {
    getCrypto: () => crypto,
    getSafeUserId: () => "@a:x",
    getDeviceId: () => "D",
    downloadKeysForUsers,
    secretStorage,
  } as unknown as MatrixClient;
  return { client, done };
}

const nobodyAsked = () => Promise.reject(new Error("nobody is asked"));
const wish = (done: unknown[], replace = false) => ({
  prove: nobodyAsked,
  kept: async (key: string) => void done.push(key),
  replace,
});

describe("where the keys stand", () => {
  it.each<[string, Partial<typeof whole>, string | undefined, string]>([
    ["all is done", {}, undefined, "ready"],
    ["all is done, the key is to be kept", {}, KEY, "ready"],
    ["nothing is done", { seen: undefined, held: null }, undefined, "first"],
    ["keys were made, and nobody has seen them", { seen: undefined }, undefined, "first"],
    ["another device did it", { held: null }, undefined, "later"],
    ["another device did it anew", { seen: "B" }, undefined, "later"],
    ["no recovery key yet", { described: undefined, secrets: false, backup: null }, undefined, "first"],
    ["a recovery key without secrets", { secrets: false, backup: null }, KEY, "first"],
    ["secrets without a backup", { backup: null }, KEY, "first"],
    ["a backup whose key is not among the secrets", { secrets: false }, KEY, "first"],
    ["the key here is of a later try", {}, OTHER, "first"],
  ])("%s", async (_name, how, unkept, expected) => {
    expect(await standing(account(how).client, unkept)).toBe(expected);
  });

  it("the signature that a dead tab left out is made up for", async () => {
    const { client, done } = account({ signed: false });
    expect(await standing(client)).toBe("ready");
    expect(done).toEqual(["D signed"]);
  });
});

describe("setting up", () => {
  it.each<[string, Partial<typeof whole>, boolean, unknown[]]>([
    ["from nothing", { seen: undefined, held: null, described: undefined, backup: null }, false, ["new keys", KEY, "secrets, new backup"]],
    ["keys that nobody has seen", { seen: undefined, backup: null }, false, ["new keys", KEY, "secrets, new backup"]],
    ["over keys that others have", { held: null, opens: false }, true, ["new keys", KEY, "secrets, new backup"]],
    ["after a tab that died with new keys", { secrets: false, opens: false }, true, [KEY, "secrets, new backup"]],
    ["after a tab that died before it signed", { signed: false, backup: null }, true, ["D signed", KEY, "secrets, new backup"]],
    ["another recovery key: the backup stays", {}, false, [KEY, "secrets"]],
  ])("%s", async (_name, how, replace, expected) => {
    const { client, done } = account(how);
    expect(await setUp(client, wish(done, replace))).toBe(KEY);
    expect(done).toEqual(expected);
    expect(await client.secretStorage.hasKey()).toBe(true);
  });

  it("leaves the keys that another device has made alone unless they are to go", async () => {
    const { client, done } = account({ held: null });
    await expect(setUp(client, wish(done))).rejects.toBeInstanceOf(KeysReplaced);
    expect(done).toEqual([]);
  });

  it("ends no backup that it was not told of", async () => {
    const { client, done } = account({ opens: "unknown" });
    await expect(setUp(client, wish(done))).rejects.toMatchObject({ name: "ConnectionError" });
    expect(done).toEqual([KEY]);
  });
});
