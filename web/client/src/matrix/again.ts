/** Texts that could not be read when they came, tried once more when something has changed that may help. */
import { CryptoEvent, DecryptionFailureCode as Code } from "matrix-js-sdk/lib/crypto-api";
import type { CryptoBackend } from "matrix-js-sdk/lib/common-crypto/CryptoBackend";
import type { MatrixClient, MatrixEvent } from "matrix-js-sdk/lib/matrix";

/** Nobody vouched for the sender's device, as far as was known. */
const DEVICE_NOT_KNOWN: (string | null)[] = [Code.UNKNOWN_SENDER_DEVICE, Code.UNSIGNED_SENDER_DEVICE];

/** Tries every unreadable text again that is `meant`. */
export async function tryAgain(client: MatrixClient, meant: (event: MatrixEvent) => boolean): Promise<void> {
  const keys = client.getCrypto() as CryptoBackend | undefined;
  if (!keys) return;
  const events = client.getRooms().flatMap((room) => room.getLiveTimeline().getEvents());
  for (const event of events) {
    if (event.isDecryptionFailure() && meant(event)) await event.attemptDecryption(keys, { isRetry: true });
  }
}

/**
 * The text of a client who is new comes before it is known whose device wrote it, and counts as from nobody's.
 * The SDK tries again when keys come late, but not when it learns of devices. Gives the way to stop.
 */
export function tryAgainWithDevices(client: MatrixClient): () => void {
  const learned = (users: string[]) => {
    const isTheirs = (event: MatrixEvent) =>
      users.includes(event.getSender() ?? "") && DEVICE_NOT_KNOWN.includes(event.decryptionFailureReason);
    void tryAgain(client, isTheirs).catch(() => {});
  };
  client.on(CryptoEvent.DevicesUpdated, learned);
  return () => void client.off(CryptoEvent.DevicesUpdated, learned);
}
