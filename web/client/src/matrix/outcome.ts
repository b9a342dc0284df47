/** What an error of a send means for the text. Pure; errors are told by what they say of themselves. */
import type { Outcome } from "./queue";

interface Said {
  name?: string;
  httpStatus?: number;
  errcode?: string;
  data?: { retry_after_ms?: number };
}

/** Errors of a line that is down or slow. */
const OF_THE_LINE = ["ConnectionError", "TimeoutError", "AbortError", "TypeError", "TokenRefreshError"];

/** `mayHaveLeft`: the text was ready to go when it went wrong, so it is not known where. */
export function outcomeOf(error: unknown, mayHaveLeft: boolean): Exclude<Outcome, { is: "sent" }> {
  const { name, httpStatus, errcode, data } = (error ?? {}) as Said;
  if (errcode === "M_UNKNOWN_TOKEN" || errcode === "M_MISSING_TOKEN") return { is: "stopped" };
  if (errcode === "M_LIMIT_EXCEEDED" || httpStatus === 429) {
    return { is: "away", waitMs: data?.retry_after_ms, notTaken: true };
  }
  if (httpStatus !== undefined) return ofStatus(httpStatus, errcode);
  if (mayHaveLeft || (name !== undefined && OF_THE_LINE.includes(name))) return { is: "away" };
  return {
    is: "refused",
    reason: "It could not be encrypted on this device, so it was not sent. Reload the page and try again.",
    canRetry: true,
  };
}

function ofStatus(status: number, code: string | undefined): Exclude<Outcome, { is: "sent" }> {
  // Without a code it is something on the way that answers, such as a proxy while the homeserver restarts.
  if (status >= 500 || status === 408 || code === undefined) return { is: "away" };
  if (status === 413 || code === "M_TOO_LARGE") {
    return { is: "refused", reason: "It is too long for the chat server. Send it in shorter messages.", canRetry: false };
  }
  if (status === 403) {
    const reason = "The chat server does not let you write here. Ask your administrator.";
    return { is: "refused", reason, canRetry: true };
  }
  return { is: "refused", reason: `The chat server did not take it (${code}).`, canRetry: true };
}
