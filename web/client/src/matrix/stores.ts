/** The databases of a device in this browser: that they are there, the key of one, and that they go. */
import { type Session, storePrefix } from "./session";
import type { Vault } from "./vault";

/** The crypto store takes exactly so many. */
const STORE_KEY_BYTES = 32;

/** How long a deletion waits for a database that is still open. */
const BLOCKED_MS = 2000;

export interface Stores {
  prefix: string;
  /** Encrypts the crypto store. */
  key: Uint8Array;
}

const storeKeyName = (prefix: string) => `store-key:${prefix}`;
/** A recovery key that nobody has said to have kept yet. */
export const recoveryKeyName = (prefix: string) => `recovery-key:${prefix}`;
const cryptoDatabases = (prefix: string) => [`${prefix}::matrix-sdk-crypto`, `${prefix}::matrix-sdk-crypto-meta`];

/**
 * The stores of a device; none where its keys are gone though they were there: a browser may evict a
 * database, and then the device can never read or be trusted again.
 */
export async function openStores(vault: Vault, session: Session): Promise<Stores | undefined> {
  const prefix = await storePrefix(session);
  const kept = await vault.get<string>(storeKeyName(prefix));
  if (session.deviceKey) {
    if (!kept || !(await hasCryptoStore(prefix))) return undefined;
    return { prefix, key: fromBase64(kept) };
  }
  // A first try that died may have left a store behind that nobody has used.
  const key = kept ? fromBase64(kept) : crypto.getRandomValues(new Uint8Array(STORE_KEY_BYTES));
  if (!kept) {
    await deleteAll(cryptoDatabases(prefix));
    await vault.put(storeKeyName(prefix), toBase64(key));
  }
  return { prefix, key };
}

async function hasCryptoStore(prefix: string): Promise<boolean> {
  const names = (await indexedDB.databases()).map((database) => database.name);
  return cryptoDatabases(prefix).every((name) => names.includes(name));
}

/** Deletes everything that belongs to the device. */
export async function wipeDevice(vault: Vault, session: Session): Promise<void> {
  const prefix = await storePrefix(session);
  await Promise.all([vault.delete(storeKeyName(prefix)), vault.delete(recoveryKeyName(prefix))]);
  await deleteAll([...cryptoDatabases(prefix), `matrix-js-sdk:${prefix}`]);
}

/** Deletes what devices before left behind: a database that was still open when it was to go stays until then. */
export async function sweep(vault: Vault, session: Session | undefined): Promise<void> {
  const mine = session && (await storePrefix(session));
  const isStrange = (prefix: string | undefined) => prefix !== undefined && prefix !== mine;
  const names = (await indexedDB.databases()).flatMap(({ name }) => (name === undefined ? [] : [name]));
  await deleteAll(names.filter((name) => isStrange(/^(?:matrix-js-sdk:)?(verbatim-[0-9a-f]+)(?:::|$)/.exec(name)?.[1])));
  for (const kind of [storeKeyName(""), recoveryKeyName("")]) {
    for (const [name] of await vault.list(kind)) if (isStrange(name.slice(kind.length))) await vault.delete(name);
  }
}

/** Deletes what was typed and not sent. */
export async function wipeTyped(vault: Vault, userId: string): Promise<void> {
  for (const kind of [outboxPrefix(userId), draftPrefix(userId)]) {
    for (const [name] of await vault.list(kind)) await vault.delete(name);
  }
}

export const outboxPrefix = (userId: string) => `outbox:${userId}:`;
export const draftPrefix = (userId: string) => `draft:${userId}:`;
export const draftName = (userId: string, room: string) => `${draftPrefix(userId)}${room}`;

async function deleteAll(names: string[]): Promise<void> {
  await Promise.all(names.map(deleteDatabase));
}

function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = request.onerror = () => resolve();
    // Still open somewhere: the browser deletes it once it is closed, and if not, `sweep` does.
    request.onblocked = () => setTimeout(resolve, BLOCKED_MS);
  });
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
