/** What can go wrong with the keys of a device. Apart from the SDK, so that screens can name it without loading that. */

/** What was typed is no recovery key, or not the account's. */
export class WrongRecoveryKey extends Error {
  override name = "WrongRecoveryKey";
}
