/** Errors, as words that say what to do. The detail is for who is asked for help: never keys, texts or numbers. */
import { ApiAway, ApiRefused } from "../api/api";
import { Malformed } from "../api/read";
import { OldRecoveryKey, UnknownConfirmation, WrongRecoveryKey } from "../matrix/faults";
import { type Proof, Refused } from "../matrix/homeserver";
import type { Problem } from "../model";

export function problemOf(error: unknown): Problem {
  if (isProblem(error)) return error;
  if (error instanceof Refused) return refused(error);
  if (error instanceof WrongRecoveryKey) {
    return {
      title: "This is not your recovery key",
      mend: "Check it against what you kept: twelve groups of four characters, where capital letters matter.",
    };
  }
  if (error instanceof OldRecoveryKey) return OLD_KEY;
  if (error instanceof UnknownConfirmation) return { ...UNKNOWN_CONFIRMATION, detail: error.message };
  if (error instanceof ApiRefused) return { title: error.title, mend: error.detail ?? "Ask your administrator." };
  if (error instanceof ApiAway || error instanceof Malformed) {
    return { title: "Verbatim does not answer", mend: "Chats go on. Try again in a minute.", detail: detailOf(error) };
  }
  if (nameOf(error) === "QuotaExceededError") {
    return {
      title: "This browser has no room left",
      mend: "Your text is still in the box and was not sent. Free some disk space, then send it again.",
    };
  }
  if (isOfTheLine(error)) {
    return { title: "The chat server does not answer", mend: "Check your network, then try again.", detail: detailOf(error) };
  }
  return { title: "Something went wrong", mend: "Reload the page. If it stays so, ask your administrator.", detail: detailOf(error) };
}

/** Our API does not serve this account (any more). */
export function notServed(error: ApiRefused): Problem {
  return { title: "You cannot text clients now.", mend: error.detail ?? "Ask your administrator." };
}

/** Of a sign-in: homeservers refuse a password and the answer of a single sign-on by the same code. */
export function signInProblem(error: unknown, proof: Proof): Problem {
  if (!(error instanceof Refused) || error.code !== "M_FORBIDDEN") return problemOf(error);
  const detail = error.message;
  if ("token" in proof) {
    return {
      title: "The answer of the single sign-on was not taken",
      mend: "It was used already, or it is too old. Continue with the single sign-on again.",
      detail,
    };
  }
  return { title: "The name or the password is wrong", mend: "Check both and try again.", detail };
}

function refused(error: Refused): Problem {
  const detail = error.message;
  switch (error.code) {
    case "M_USER_DEACTIVATED":
      return { title: "This account is closed", mend: "Ask your administrator.", detail };
    case "M_LIMIT_EXCEEDED": {
      const seconds = Math.ceil((error.retryAfterMs ?? 60_000) / 1000);
      return { title: "Too many attempts", mend: `Wait ${seconds} seconds, then try again.`, detail };
    }
    default:
      if (error.status >= 500) return { title: "The chat server is in trouble", mend: "Try again in a minute.", detail };
      return { title: "The chat server refused", mend: "Ask your administrator.", detail };
  }
}

function isProblem(error: unknown): error is Problem {
  return typeof error === "object" && error !== null && "title" in error && "mend" in error;
}

function isOfTheLine(error: unknown): boolean {
  return ["TypeError", "TimeoutError", "AbortError", "ConnectionError"].includes(nameOf(error));
}

function nameOf(error: unknown): string {
  return typeof error === "object" && error !== null && "name" in error ? String(error.name) : "";
}

/** What kind of error; its words only where they are ours. */
function detailOf(error: unknown): string {
  const words = error instanceof ApiAway || error instanceof Malformed ? `: ${error.message}` : "";
  return `${nameOf(error) || "unknown"}${words}`;
}

export const NO_STORAGE: Problem = {
  title: "This browser keeps nothing for this page",
  mend: "Leave private browsing, or allow this site to keep data. Without it your keys would be lost at each visit.",
};

export const NOT_SECURE: Problem = {
  title: "This page needs a secure connection",
  mend: "Open it by its https address. If you did, ask your administrator.",
};

export const NO_CONFIG: Problem = {
  title: "Verbatim does not answer",
  mend: "Check your network and reload the page. If it stays so, ask your administrator.",
};

export const KEYS_LOST: Problem = {
  title: "This browser has lost its keys",
  mend: "Sign in again: it counts as a new device then. Your recovery key makes older texts readable; what you typed is still here.",
};

export const DEVICE_ENDED: Problem = {
  title: "This browser was signed out from elsewhere meanwhile",
  mend: "Sign in once more: it counts as a new device then. Your recovery key makes older texts readable; what you typed is still here.",
};

export const SIGNED_IN_ALREADY: Problem = {
  title: "Somebody is signed in here already",
  mend: "It was done in another tab. Reload this page to go on there, or sign out first to sign in as somebody else.",
};

/** Somebody signs in where another's login has run out. */
export function notTheirs(whose: string): Problem {
  return {
    title: `Only ${whose} can sign in here now`,
    mend: `${whose}’s keys and unsent texts are still in this browser. Sign in as ${whose}, or have that deleted first.`,
  };
}

export const NOT_TOLD: Problem = {
  title: "You are signed out here, but the chat server could not be told",
  mend: "Everything is deleted from this browser. At the chat server its session is still open: end it from another Matrix client, or ask your administrator to.",
};

export const KEYS_NOT_MADE: Problem = {
  title: "Your keys could not be set up",
  mend: "Reload the page and sign in again. If it stays so, ask your administrator.",
};

const OLD_KEY: Problem = {
  title: "This recovery key is not in use any more",
  mend: "Your keys were made anew since. Enter the recovery key that you got then.",
};

const UNKNOWN_CONFIRMATION: Problem = {
  title: "The chat server wants a confirmation that this page cannot give",
  mend: "Nothing has changed. Ask your administrator to allow you to replace your keys.",
};

export const WRONG_PASSWORD: Problem = {
  title: "The password is wrong",
  mend: "Check it and try again.",
};

export const NOT_CONFIRMED: Problem = {
  title: "The chat server has not got your confirmation yet",
  mend: "Open its page, confirm there, then come back here.",
};
