/** On the SDK as it is, since what is asked of it is not its public interface. */
import "fake-indexeddb/auto";
import type { MatrixClient } from "matrix-js-sdk/lib/matrix";
import { afterEach, describe, expect, it, vi } from "vitest";
import { saveKeys } from "./backup";
import { crypto, makeClient } from "./client";

const session = { homeserver: "http://hs", userId: "@a:x", deviceId: "DEV", accessToken: "t" };
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replaceAll("=", "");

let client: MatrixClient;
afterEach(() => client.stopClient());

/** A device of an account with a backup; the homeserver takes its keys as `takes` says. */
async function device(takes: () => Response | Promise<Response>) {
  const saved: string[] = [];
  let backup: Record<string, unknown> | undefined;
  const answer = async (path: string, method: string, body: string): Promise<Response> => {
    if (path.endsWith("/room_keys/version") && method === "POST") {
      backup = { ...JSON.parse(body), version: "1", count: 0, etag: "0" };
      return Response.json({ version: "1" });
    }
    if (path.endsWith("/room_keys/version")) return backup ? Response.json(backup) : Response.json({ errcode: "M_NOT_FOUND" }, { status: 404 });
    if (path.endsWith("/room_keys/keys")) {
      const response = await takes();
      const rooms = (JSON.parse(body) as { rooms: Record<string, { sessions: object }> }).rooms;
      if (response.ok) saved.push(...Object.values(rooms).flatMap(({ sessions }) => Object.keys(sessions)));
      return response;
    }
    return Response.json({ one_time_key_counts: {} });
  };
  const send: typeof fetch = async (input, init) => answer(new URL(String(input)).pathname, init?.method ?? "GET", String(init?.body));
  ({ client } = makeClient(session, { prefix: "backup", key: new Uint8Array(32) }, {}, send));
  await client.initRustCrypto({ useIndexedDB: false });
  return saved;
}

/** It does not end without a sync, and what follows the backup is not needed here. */
async function makeBackup(): Promise<void> {
  void crypto(client).resetKeyBackup();
  await vi.waitFor(async () => {
    await crypto(client).checkKeyBackupAndEnable();
    expect(await crypto(client).getActiveSessionBackupVersion()).toBe("1");
  });
}

/** The key of a text comes to be known, as if the text had been read. */
async function learn(): Promise<string> {
  const pair = (await globalThis.crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"])) as CryptoKeyPair;
  const id = new Uint8Array(await globalThis.crypto.subtle.exportKey("raw", pair.publicKey));
  const ratchet = globalThis.crypto.getRandomValues(new Uint8Array(128));
  const key = {
    algorithm: "m.megolm.v1.aes-sha2",
    room_id: "!r:x",
    session_id: base64(id),
    session_key: base64(Uint8Array.of(1, 0, 0, 0, 0, ...ratchet, ...id)),
    sender_key: base64(new Uint8Array(32).fill(9)),
    sender_claimed_keys: { ed25519: base64(id) },
    forwarding_curve25519_key_chain: [],
  };
  await crypto(client).importRoomKeysAsJson(JSON.stringify([key]));
  return base64(id);
}

describe("before somebody leaves", () => {
  it("the keys of texts are in the backup, the newest too", async () => {
    const saved = await device(() => Response.json({ count: 1, etag: "1" }));
    await makeBackup();
    const known = [await learn(), await learn()];
    expect(await saveKeys(client, 5_000)).toBe(true);
    expect(saved.sort()).toEqual(known.sort());
  });

  it("nothing is asked where nothing is left", async () => {
    const saved = await device(() => Response.error());
    expect(await saveKeys(client, 5_000)).toBe(true);
    expect(saved).toEqual([]);
  });

  it("a homeserver that stumbles is asked again", async () => {
    const answers = [Response.json({ errcode: "M_UNKNOWN" }, { status: 400 })];
    const saved = await device(() => answers.pop() ?? Response.json({ count: 1, etag: "1" }));
    await makeBackup();
    const known = await learn();
    expect(await saveKeys(client, 8_000)).toBe(true);
    expect(saved).toEqual([known]);
  });

  it.each<[string, () => Promise<Response>]>([
    ["never answers", () => new Promise<Response>(() => {})],
    ["cannot be reached", () => Promise.reject(new TypeError("Failed to fetch"))],
  ])("one that %s is not waited for for long, and it is said", async (_how, takes) => {
    await device(takes);
    await makeBackup();
    await learn();
    expect(await saveKeys(client, 200)).toBe(false);
  });

  it("keys that have no backup are not said to be in it", async () => {
    await device(() => Response.error());
    await learn();
    expect(await saveKeys(client, 200)).toBe(false);
  });
});
