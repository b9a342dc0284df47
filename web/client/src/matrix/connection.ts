/** The line to the homeserver, from the state of the sync and the browser's own view. */
import type { Connection } from "../model";

/** `SyncState` of the SDK, as words. */
export type SyncWord = "ERROR" | "PREPARED" | "STOPPED" | "SYNCING" | "CATCHUP" | "RECONNECTING";

export function connectionOf(sync: SyncWord | null, isFromDisk: boolean, isOnline: boolean): Connection {
  // The browser only knows for sure that it is off; "on" may be a network that leads nowhere.
  if (!isOnline) return "offline";
  switch (sync) {
    case "SYNCING":
      return "online";
    case "PREPARED":
      return isFromDisk ? "connecting" : "online";
    case "ERROR":
    case "RECONNECTING":
      return "server-away";
    default:
      return "connecting";
  }
}
