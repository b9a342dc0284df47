/**
 * What this browser keeps, sealed: the session, drafts, texts that wait to go out, the key of the crypto
 * store. Everything is encrypted (AES-256-GCM) with a key that no script can read out of WebCrypto, and the
 * name of a record is bound to it: records cannot be swapped. It keeps scripts from carrying the key away, and
 * people from reading by chance. It does not help against who copies the browser's profile: browsers keep that
 * key beside the records, and only an encrypted disk protects both.
 */
const DATABASE = "verbatim";
const KEYS = "keys";
const SEALED = "sealed";
const KEY_NAME = "vault";
const IV_BYTES = 12;
/** Of the form of a sealed record. */
const VERSION = 1;

interface SealedRecord {
  v: number;
  iv: Uint8Array<ArrayBuffer>;
  data: ArrayBuffer;
}

export interface How {
  /** Deleted in the same breath: never both are there, and never neither. */
  gone?: string;
  /** It outlives the page, but perhaps not a power cut: for what is written with every letter. */
  relaxed?: boolean;
}

/** A small store of named values. Writes land in the order in which they were asked for. */
export interface Vault {
  put(name: string, value: unknown, how?: How): Promise<void>;
  /** None also where the record cannot be opened any more: it is lost then, and no reason to stop. */
  get<T>(name: string): Promise<T | undefined>;
  delete(name: string): Promise<void>;
  /** All whose names begin so, by name. */
  list<T>(prefix: string): Promise<[name: string, value: T][]>;
}

/** Opens the vault of this browser, or makes it. */
export async function openVault(databases: IDBFactory = indexedDB, crypto: Crypto = globalThis.crypto): Promise<Vault> {
  const database = await openDatabase(databases);
  const key = await vaultKey(database, crypto);
  return new IndexedVault(database, key, crypto);
}

class IndexedVault implements Vault {
  /** The write before. */
  private written: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: IDBDatabase,
    private readonly key: CryptoKey,
    private readonly crypto: Crypto,
  ) {}

  put(name: string, value: unknown, { gone, relaxed }: How = {}): Promise<void> {
    const sealing = this.seal(name, value);
    // Where it fails, that is said when its turn comes.
    sealing.catch(() => {});
    return this.inOrder(async () => {
      const sealed = await sealing;
      const transaction = this.database.transaction(SEALED, "readwrite", { durability: relaxed ? "relaxed" : "strict" });
      const store = transaction.objectStore(SEALED);
      store.put(sealed, name);
      if (gone !== undefined) store.delete(gone);
      await finished(transaction);
    });
  }

  async get<T>(name: string): Promise<T | undefined> {
    const sealed = await result<SealedRecord | undefined>(this.store().get(name));
    return sealed && this.unseal<T>(name, sealed);
  }

  delete(name: string): Promise<void> {
    return this.inOrder(async () => {
      const transaction = this.database.transaction(SEALED, "readwrite");
      transaction.objectStore(SEALED).delete(name);
      await finished(transaction);
    });
  }

  async list<T>(prefix: string): Promise<[string, T][]> {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    const store = this.store();
    const [names, records] = await Promise.all([
      result(store.getAllKeys(range)),
      result<SealedRecord[]>(store.getAll(range)),
    ]);
    const opened = await Promise.all(
      records.map(async (record, i) => [String(names[i]), await this.unseal<T>(String(names[i]), record)] as const),
    );
    return opened.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as [string, T]]));
  }

  /** Sealing takes as long as it takes: without this, an older value could land last. */
  private inOrder(write: () => Promise<void>): Promise<void> {
    const writing = this.written.then(write);
    this.written = writing.catch(() => {});
    return writing;
  }

  private store(): IDBObjectStore {
    return this.database.transaction(SEALED, "readonly").objectStore(SEALED);
  }

  private async seal(name: string, value: unknown): Promise<SealedRecord> {
    const iv = this.crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const clear = new TextEncoder().encode(JSON.stringify(value));
    const data = await this.crypto.subtle.encrypt(algorithm(name, iv), this.key, clear);
    return { v: VERSION, iv, data };
  }

  private async unseal<T>(name: string, sealed: SealedRecord): Promise<T | undefined> {
    if (sealed.v !== VERSION) return undefined;
    try {
      const clear = await this.crypto.subtle.decrypt(algorithm(name, sealed.iv), this.key, sealed.data);
      return JSON.parse(new TextDecoder().decode(clear)) as T;
    } catch {
      return undefined;
    }
  }
}

function algorithm(name: string, iv: Uint8Array<ArrayBuffer>): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(`verbatim/${VERSION}/${name}`) };
}

function openDatabase(databases: IDBFactory): Promise<IDBDatabase> {
  const request = databases.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(KEYS);
    request.result.createObjectStore(SEALED);
  };
  return result(request);
}

/** The one key; of two tabs that make one at the same time, the first wins. */
async function vaultKey(database: IDBDatabase, crypto: Crypto): Promise<CryptoKey> {
  const read = () => result<CryptoKey | undefined>(database.transaction(KEYS).objectStore(KEYS).get(KEY_NAME));
  const present = await read();
  if (present) return present;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const transaction = database.transaction(KEYS, "readwrite", { durability: "strict" });
  const store = transaction.objectStore(KEYS);
  const first = store.get(KEY_NAME);
  first.onsuccess = () => {
    if (first.result === undefined) store.add(made, KEY_NAME);
  };
  await finished(transaction);
  return (await read()) ?? made;
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}
