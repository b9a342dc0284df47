/** What can go wrong with the keys of a device. Apart from the SDK, so that screens can name it without loading that. */

/** What was typed is no recovery key, or not the account's. */
export class WrongRecoveryKey extends Error {
  override name = "WrongRecoveryKey";
}

/** It opens what was locked with it, but the account's keys have been made anew since. */
export class OldRecoveryKey extends Error {
  override name = "OldRecoveryKey";
}

/** Another browser has made the account's keys anew meanwhile. */
export class KeysReplaced extends Error {
  override name = "KeysReplaced";
}

/** The homeserver wants a confirmation that this page cannot give. */
export class UnknownConfirmation extends Error {
  override name = "UnknownConfirmation";

  constructor(stages: string[]) {
    super(stages.join(", "));
  }
}

/** Who was asked to confirm does not want to any more. */
export class GivenUp extends Error {
  override name = "GivenUp";
}
