/**
 * The keys of the account: made on the first device, taken over on later ones by the recovery key.
 *
 * The recovery key is never written down in the clear. On the first device it lies in the vault until its
 * owner says that it is kept, so that a reload in between does not lose it.
 */
import { type CryptoCallbacks, decodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api";
import { MatrixError, type MatrixClient, type AuthDict } from "matrix-js-sdk/lib/matrix";
import { tryAgain } from "./again";
import { crypto } from "./client";
import { WrongRecoveryKey } from "./faults";

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
  const keys = crypto(client);
  if (await keys.isCrossSigningReady()) return (await isFinished(client, unkept)) ? "ready" : "first";
  return (await keys.userHasCrossSigningKeys(undefined, true)) ? "later" : "first";
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

/**
 * Makes the account's keys, a recovery key for them, and the backup of the keys of texts. `kept` gets the
 * recovery key before anything depends on it.
 */
export async function setUp(
  client: MatrixClient,
  password: string | undefined,
  kept: (recoveryKey: string) => Promise<void>,
): Promise<string> {
  const keys = crypto(client);
  // Anew unless all have seen them: the SDK uploads none that it only finds here.
  if (!(await keys.isCrossSigningReady())) {
    await keys.bootstrapCrossSigning({
      setupNewCrossSigning: true,
      authUploadDeviceSigningKeys: (upload) => authorised(client, password, upload),
    });
  }
  const made = await keys.createRecoveryKeyFromPassphrase();
  const recoveryKey = made.encodedPrivateKey;
  if (!recoveryKey) throw new Error("no recovery key was made");
  await kept(recoveryKey);
  await keys.bootstrapSecretStorage({
    createSecretStorageKey: async () => made,
    setupNewSecretStorage: true,
    setupNewKeyBackup: true,
  });
  return recoveryKey;
}

/** Homeservers may want the password for an upload of keys; most do not for the first. */
async function authorised<T>(
  client: MatrixClient,
  password: string | undefined,
  upload: (auth: AuthDict | null) => Promise<T>,
): Promise<T> {
  try {
    return await upload(null);
  } catch (error) {
    if (!(error instanceof MatrixError) || error.httpStatus !== 401 || password === undefined) throw error;
    const session = (error.data as { session?: string }).session;
    const user = client.getSafeUserId();
    return upload({ type: "m.login.password", identifier: { type: "m.id.user", user }, password, session });
  }
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
  await keys.bootstrapCrossSigning({});
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

