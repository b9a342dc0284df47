/**
 * The keys of the account: made on the first device, taken over on later ones by the recovery key, and made anew
 * by who has lost that.
 *
 * The recovery key is never written down in the clear. It lies in the vault until its owner says that it is kept,
 * so that a reload in between does not lose it.
 */
import { type CryptoCallbacks, decodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api";
import { ConnectionError, HTTPError, type MatrixClient } from "matrix-js-sdk/lib/matrix";
import { tryAgain } from "./again";
import { crypto } from "./client";
import { type Prove, confirmed } from "./confirm";
import { KeysReplaced, OldRecoveryKey, WrongRecoveryKey } from "./faults";

/** What a device needs before it can be used. */
export type Standing =
  | "ready"
  /** Nobody has set the account's keys up, or that was not finished. */
  | "first"
  /** Another device has. */
  | "later";

/** The recovery key, for as long as something needs it. */
export class RecoveryKeys {
  private readonly known = new Map<string, Uint8Array<ArrayBuffer>>();

  readonly callbacks: CryptoCallbacks = {
    getSecretStorageKey: async ({ keys }) => {
      for (const [id, key] of this.known) if (id in keys) return [id, key];
      return null;
    },
    cacheSecretStorageKey: (id, _info, key) => void this.known.set(id, key),
  };

  knows(id: string, key: Uint8Array<ArrayBuffer>): void {
    this.known.set(id, key);
  }

  forget(): void {
    for (const key of this.known.values()) key.fill(0);
    this.known.clear();
  }
}

/** `unkept`: a recovery key that its owner has not said to have kept. */
export async function standing(client: MatrixClient, unkept?: string): Promise<Standing> {
  const whose = await whoseKeys(client);
  if (whose !== "ours") return whose === "nobody's" ? "first" : "later";
  await signDevice(client);
  return (await isFinished(client, unkept)) ? "ready" : "first";
}

/** Whose the keys are that everybody sees of the account; "ours": this device can sign with them. */
async function whoseKeys(client: MatrixClient): Promise<"nobody's" | "ours" | "others'"> {
  const keys = crypto(client);
  const me = client.getSafeUserId();
  // What the store has may never have been seen by anybody: a tab that died before, or while the homeserver wanted
  // a confirmation. This looks, and drops what is not the homeserver's; but where that has none, it drops nothing.
  await keys.userHasCrossSigningKeys(undefined, true);
  const { master_keys } = await client.downloadKeysForUsers([me]);
  const [seen] = Object.values(master_keys?.[me]?.keys ?? {});
  if (seen === undefined) return "nobody's";
  return (await keys.getCrossSigningKeyId()) === seen ? "ours" : "others'";
}

/** The signature of this device comes after the keys: a tab that died between has left it out. */
async function signDevice(client: MatrixClient): Promise<void> {
  const [user, device] = [client.getSafeUserId(), client.getDeviceId() ?? ""];
  const status = await crypto(client).getDeviceVerificationStatus(user, device);
  if (!status?.signedByOwner) await crypto(client).crossSignDevice(device);
}

/**
 * Whether the recovery key opens all that it is for. The homeserver gets the key's description first, then the
 * secrets, then the backup: a tab that dies between leaves a recovery key that opens nothing.
 */
async function isFinished(client: MatrixClient, unkept: string | undefined): Promise<boolean> {
  const keys = crypto(client);
  await keys.checkKeyBackupAndEnable();
  if ((await keys.getActiveSessionBackupVersion()) === null) return false;
  // Asks for the backup's key too, since a backup is active.
  if (!(await keys.isSecretStorageReady())) return false;
  const stored = await client.secretStorage.getKey();
  if (!stored) return false;
  return unkept === undefined || client.secretStorage.checkKey(decoded(unkept), stored[1]);
}

export interface NewKeys {
  /** Who asks, where the homeserver wants to know: for keys in the place of others it does. */
  prove: Prove;
  /** Gets the recovery key before anything depends on it. */
  kept(recoveryKey: string): Promise<void>;
  /** Keys that another device has made give way. Without it they stay, and nothing is changed. */
  replace: boolean;
}

/**
 * Makes a recovery key; the account's keys and the backup of the keys of texts as far as they are not there, or
 * not for this device.
 *
 * What holds if the tab dies: before the account's keys are uploaded, nothing has changed, and this is a later
 * device as before. From then on this device has the keys, `standing` is "first", and the next visit comes here
 * again: it makes another recovery key, since nobody has seen this one, and finds done what is done. Once the
 * recovery key opens all, the next visit shows it, until it is said to be kept.
 */
export async function setUp(client: MatrixClient, { prove, kept, replace }: NewKeys): Promise<string> {
  const keys = crypto(client);
  const whose = await whoseKeys(client);
  if (whose === "others'" && !replace) throw new KeysReplaced();
  if (whose !== "ours") await publishKeys(client, prove);
  await signDevice(client);
  const made = await keys.createRecoveryKeyFromPassphrase();
  const recoveryKey = made.encodedPrivateKey;
  if (!recoveryKey) throw new Error("no recovery key was made");
  await kept(recoveryKey);
  await keys.bootstrapSecretStorage({
    createSecretStorageKey: async () => made,
    setupNewSecretStorage: true,
    // A new one deletes the one that is there. Where we can open that, it may hold keys that only it has.
    setupNewKeyBackup: !(await opensBackup(client)),
  });
  // Nobody is to keep a key that opens nothing.
  if (!(await isFinished(client, recoveryKey))) throw new Error("the recovery key does not open everything");
  return recoveryKey;
}

/** New keys of the account, in the place of those that everybody sees. */
async function publishKeys(client: MatrixClient, prove: Prove): Promise<void> {
  const { secretStorage } = client;
  const { hasKey } = secretStorage;
  // Else the SDK locks them for the recovery key of before, which nobody has. The new one comes right after.
  secretStorage.hasKey = async () => false;
  try {
    await crypto(client).bootstrapCrossSigning({
      // Also where some lie here: the SDK uploads none that it only finds.
      setupNewCrossSigning: true,
      authUploadDeviceSigningKeys: (upload) => confirmed(client, prove, upload),
    });
  } finally {
    secretStorage.hasKey = hasKey;
  }
}

async function opensBackup(client: MatrixClient): Promise<boolean> {
  const keys = crypto(client);
  const found = await keys.checkKeyBackupAndEnable();
  // None is said of a question that failed, too; only an answer ends the backup that is at work.
  if (!found && (await keys.getActiveSessionBackupVersion()) !== null) throw new ConnectionError("which backup there is");
  return found?.trustInfo.matchesDecryptionKey === true;
}

/** Signs this device with the account's keys and makes older texts readable. */
export async function recover(client: MatrixClient, held: RecoveryKeys, typed: string): Promise<void> {
  const stored = await client.secretStorage.getKey();
  if (!stored) throw new WrongRecoveryKey("the account has no recovery key");
  const [id, info] = stored;
  const key = decoded(typed);
  if (!(await client.secretStorage.checkKey(key, info))) throw new WrongRecoveryKey("it is another key");
  held.knows(id, key);
  const keys = crypto(client);
  await keys.bootstrapCrossSigning({}).catch((error: unknown) => {
    if (error instanceof HTTPError || error instanceof ConnectionError) throw error;
    throw new OldRecoveryKey();
  });
  await keys.loadSessionBackupPrivateKeyFromSecretStorage();
  await keys.checkKeyBackupAndEnable();
}

/** Fetches the keys of older texts. Takes long for a long history, and nothing waits for it. */
export async function restoreOlder(client: MatrixClient): Promise<void> {
  await crypto(client).restoreKeyBackup();
  // What still cannot be read has other reasons now than it had before.
  await tryAgain(client, () => true);
}

/** People write the groups with spaces, dashes or nothing between them. */
function decoded(typed: string): Uint8Array<ArrayBuffer> {
  try {
    return decodeRecoveryKey(typed.replaceAll(/[\s\-–]/g, ""));
  } catch {
    throw new WrongRecoveryKey("it is not in the form of a recovery key");
  }
}

