/** Why a text cannot be read here, in words, with what to do. Never the machinery's words. */
import { DecryptionFailureCode as Code } from "matrix-js-sdk/lib/crypto-api";

const OLDER = "To read it, choose “Recovery key…” in the menu and enter yours.";

export function whyUnreadable(code: string | null, isMine = false): string {
  return (isMine && whyMine(code)) || why(code);
}

/** What I wrote in another browser of mine: there is nobody to ask but me. */
function whyMine(code: string | null): string | undefined {
  switch (code) {
    case Code.UNSIGNED_SENDER_DEVICE:
    case Code.UNKNOWN_SENDER_DEVICE:
    case Code.SENDER_IDENTITY_PREVIOUSLY_VERIFIED:
      return "You wrote this in a browser that does not have your recovery key. Enter the key there, and it can be read here.";
    case Code.MEGOLM_KEY_WITHHELD:
    case Code.MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE:
      return "The browser in which you wrote this did not give this one the key. Sign in again with your recovery key.";
    default:
      return undefined;
  }
}

function why(code: string | null): string {
  switch (code) {
    case Code.HISTORICAL_MESSAGE_NO_KEY_BACKUP:
      return "This is from before you used this browser, and its key was not backed up, so it cannot be read here any more.";
    case Code.HISTORICAL_MESSAGE_BACKUP_UNCONFIGURED:
      return `This is from before you used this browser. ${OLDER}`;
    case Code.HISTORICAL_MESSAGE_WORKING_BACKUP:
      return "This is from before you used this browser. Its key is sought in your backup; if it stays so, it never got there.";
    case Code.HISTORICAL_MESSAGE_USER_NOT_JOINED:
      return "This was written before you were in this conversation.";
    case Code.MEGOLM_UNKNOWN_INBOUND_SESSION_ID:
    case Code.OLM_UNKNOWN_MESSAGE_INDEX:
      return "The key for this has not arrived. Keep this page open; if it stays so, ask your administrator.";
    case Code.MEGOLM_KEY_WITHHELD:
    case Code.MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE:
      return "The sender did not give this device the key. Sign in again with your recovery key, or ask them to send it again.";
    case Code.UNSIGNED_SENDER_DEVICE:
    case Code.UNKNOWN_SENDER_DEVICE:
    case Code.SENDER_IDENTITY_PREVIOUSLY_VERIFIED:
      return "It comes from a device that its owner has not confirmed, so it is not shown. Ask the sender to confirm their device.";
    default:
      return "It cannot be decrypted here. Reload the page; if it stays so, ask your administrator.";
  }
}

/** In an encrypted room nobody vouches for what came in the clear, not even the homeserver. */
export const NOT_ENCRYPTED =
  "This came without encryption, so nobody can say who wrote it, and it is not shown. Tell your administrator.";
