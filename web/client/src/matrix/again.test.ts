import { CryptoEvent, DecryptionFailureCode as Code } from "matrix-js-sdk/lib/crypto-api";
import type { MatrixClient } from "matrix-js-sdk/lib/matrix";
import { expect, test } from "vitest";
import { tryAgainWithDevices } from "./again";

const STAND_IN = "@sms_1:firm.test";

/** A client with one room of texts, whose tries are noted; and the word that devices of somebody were learned of. */
function world(texts: { id: string; sender: string; code: Code | null }[]) {
  const tried: string[] = [];
  const events = texts.map(({ id, sender, code }) => ({
    getSender: () => sender,
    isDecryptionFailure: () => code !== null,
    decryptionFailureReason: code,
    attemptDecryption: async () => void tried.push(id),
  }));
  const listeners = new Set<(users: string[]) => void>();
  const client = {
    getCrypto: () => ({}),
    getRooms: () => [{ getLiveTimeline: () => ({ getEvents: () => events }) }],
    on: (name: string, listener: (users: string[]) => void) => void (name === CryptoEvent.DevicesUpdated && listeners.add(listener)),
    off: (_: string, listener: (users: string[]) => void) => void listeners.delete(listener),
  };
  const learn = async (user: string) => {
    for (const listener of listeners) listener([user]);
    await new Promise((done) => setTimeout(done));
  };
  return { client: client as unknown as MatrixClient, tried, learn };
}

test("only what failed for want of the sender's devices is tried again with them", async () => {
  const { client, tried, learn } = world([
    { id: "unsigned", sender: STAND_IN, code: Code.UNSIGNED_SENDER_DEVICE },
    { id: "unknown", sender: STAND_IN, code: Code.UNKNOWN_SENDER_DEVICE },
    { id: "readable", sender: STAND_IN, code: null },
    { id: "no key", sender: STAND_IN, code: Code.MEGOLM_UNKNOWN_INBOUND_SESSION_ID },
    { id: "another's", sender: "@sms_2:firm.test", code: Code.UNSIGNED_SENDER_DEVICE },
  ]);
  const stop = tryAgainWithDevices(client);
  await learn(STAND_IN);
  expect(tried).toEqual(["unsigned", "unknown"]);
  stop();
  await learn(STAND_IN);
  expect(tried).toHaveLength(2);
});
