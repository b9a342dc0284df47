/** The backup of the keys of texts: without it, texts that only this browser could read are lost with it. */
import type { MatrixClient } from "matrix-js-sdk/lib/matrix";
import { crypto } from "./client";

/** How long somebody who leaves waits for it. */
const PATIENCE_MS = 10_000;
const AGAIN_MS = 1_000;

/**
 * What the SDK uploads keys with. It does so by itself too, but up to ten seconds late, and does not tell when
 * nothing is left; its public interface has neither. Keys that both upload are the same keys.
 */
interface Inside {
  olmMachine: {
    /** None where nothing is left, or no backup is in use. */
    backupRoomKeys(): Promise<unknown>;
    roomKeyCounts(): Promise<{ total: number; backedUp: number }>;
  };
  outgoingRequestProcessor: { makeOutgoingRequest(request: unknown): Promise<void> };
}

/** Sees that all keys of texts are in the backup, as far as can be done in some seconds; whether they are. */
export async function saveKeys(client: MatrixClient, patienceMs = PATIENCE_MS): Promise<boolean> {
  let isOver = false;
  let giveUp = () => {};
  const over = new Promise<false>((resolve) => (giveUp = () => resolve(false)));
  const timer = setTimeout(giveUp, patienceMs);
  try {
    return await Promise.race([over, untilSaved(client, () => isOver)]);
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

async function untilSaved(client: MatrixClient, isOver: () => boolean): Promise<boolean> {
  while (!isOver()) {
    if (await upload(client).catch(() => false)) return true;
    // Perhaps the backup is another one now, or could not be asked for before.
    const keys = crypto(client);
    const answer = await keys.checkKeyBackupAndEnable().catch(() => null);
    const isNotForUs = answer !== null && (await keys.getActiveSessionBackupVersion()) === null;
    if (isNotForUs) return false;
    await new Promise((done) => setTimeout(done, AGAIN_MS));
  }
  return false;
}

/** Once; whether nothing is left. */
async function upload(client: MatrixClient): Promise<boolean> {
  const keys = crypto(client);
  const { olmMachine, outgoingRequestProcessor } = keys as unknown as Inside;
  if ((await keys.getActiveSessionBackupVersion()) !== null) {
    for (let request; (request = await olmMachine.backupRoomKeys()); ) await outgoingRequestProcessor.makeOutgoingRequest(request);
  }
  const { total, backedUp } = await olmMachine.roomKeyCounts();
  return total === backedUp;
}
