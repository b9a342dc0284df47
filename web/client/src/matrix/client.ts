/** The SDK's client of a device: made, given its keys, started and stopped. */
import { AllDevicesIsolationMode, type CryptoCallbacks, OnlySignedDevicesIsolationMode } from "matrix-js-sdk/lib/crypto-api";
import { logger as sdkLogger, type Logger } from "matrix-js-sdk/lib/logger";
import { IndexedDBStore, MatrixClient, PendingEventOrdering } from "matrix-js-sdk/lib/matrix";
import type { Session } from "./session";
import type { Stores } from "./stores";

/** Texts per room of a first look; older ones are loaded as they are asked for. */
const FIRST_TEXTS = 20;

/** A request without an answer is given up then, and may be made again: after sleep the line can be dead and not say so. */
const PATIENCE_MS = 60_000;

export interface Opened {
  client: MatrixClient;
  store: IndexedDBStore;
}

/** Opens the device's keys. Only one tab may do so at a time. */
export async function openClient(
  session: Session,
  stores: Stores,
  cryptoCallbacks: CryptoCallbacks,
  fetchFn: typeof fetch,
): Promise<Opened> {
  const { client, store } = makeClient(session, stores, cryptoCallbacks, fetchFn);
  await client.initRustCrypto({ cryptoDatabasePrefix: stores.prefix, storageKey: stores.key });
  onlySigned(client);
  await store.startup();
  return { client, store };
}

/** The client without its keys. */
export function makeClient(
  session: Session,
  stores: Stores,
  cryptoCallbacks: CryptoCallbacks,
  fetchFn: typeof fetch,
): Opened {
  silence();
  // Without `localStorage`: the send queue keeps what is on its way, and the SDK must not keep it as well.
  const store = new IndexedDBStore({ indexedDB, dbName: stores.prefix });
  // Not `createClient`: it adds a scheduler, which would retry beside the send queue.
  const client = new MatrixClient({
    baseUrl: session.homeserver,
    userId: session.userId,
    deviceId: session.deviceId,
    accessToken: session.accessToken,
    store,
    cryptoCallbacks,
    fetchFn: withoutCalls(fetchFn),
    localTimeoutMs: PATIENCE_MS,
    disableVoip: true,
    logger: QUIET,
  });
  return { client, store };
}

/** The SDK looks for servers of calls, which there are none of here. */
function withoutCalls(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    if (!String(input).endsWith("/rtc/transports")) return send(input, init);
    return Response.json({ errcode: "M_UNRECOGNIZED" }, { status: 404 });
  };
}

/** Only devices that their owners have signed are believed, and written to. */
export function onlySigned(client: MatrixClient): void {
  crypto(client).setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());
}

/**
 * A device that is not signed may not write under the strict rule, which is meant for others' devices. One
 * whose employee went on without the recovery key still has to reach clients; the server records what it is.
 */
export function allowUnsigned(client: MatrixClient): void {
  crypto(client).setDeviceIsolationMode(new AllDevicesIsolationMode(false));
}

export async function startClient(client: MatrixClient): Promise<void> {
  await client.startClient({
    initialSyncLimit: FIRST_TEXTS,
    lazyLoadMembers: true,
    pendingEventOrdering: PendingEventOrdering.Detached,
    disablePresence: true,
  });
}

/** Stops, also what is still starting: the SDK alone would go on to sync once the homeserver has answered. */
export async function stopClient(client: MatrixClient, starting: Promise<void>): Promise<void> {
  client.http.abort();
  await starting;
  client.stopClient();
  // What the start has asked for in the meantime.
  client.http.abort();
}

export function crypto(client: MatrixClient) {
  const api = client.getCrypto();
  if (!api) throw new Error("the client has no keys");
  return api;
}

/** Fetches and compiles the part that encrypts, so that it is there once it is needed. */
export async function warmUp(): Promise<void> {
  const { initAsync } = await import("@matrix-org/matrix-sdk-crypto-wasm");
  await initAsync();
}

/** The SDK writes room and event ids, and of what went wrong more than anybody should find in a console. */
const nothing = () => {};
const QUIET: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  getChild: () => QUIET,
};

function silence(): void {
  // Parts of the SDK use its own logger, and children take over how their parent writes.
  const own = sdkLogger as unknown as { methodFactory: () => () => void; rebuild(): void };
  own.methodFactory = () => nothing;
  own.rebuild();
}
