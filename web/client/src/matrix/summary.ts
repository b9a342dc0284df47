/** A room as the list shows it. Pure: of entries and a few facts. */
import type { Conversation, Entry } from "../model";
import { tells } from "./delivery";

/** A client who has waited so long for an answer is brought to one's attention. */
const WAITS_TOO_LONG_MS = 30 * 60_000;

/** How many came from others after `readAt`. */
export function unreadAfter(entries: Entry[], readAt: number): number {
  return entries.filter((entry) => isFromOthers(entry) && entry.at > readAt).length;
}

function isFromOthers({ who, body }: Entry): boolean {
  const isSaid = body.is === "text" || body.is === "media" || body.is === "unreadable";
  return isSaid && (who === "client" || who === "colleague");
}

export function lastOf(entries: Entry[]): Conversation["last"] {
  const last = entries.findLast(({ body }) => body.is !== "event");
  if (!last) return undefined;
  const said = entries.findLast((entry) => entry.body.is !== "event" && !isRemark(entry)) ?? last;
  const shown = toldBy(said, entries) ?? said;
  return { text: words(shown), at: last.at, mine: shown.who === "me", delivery: shown.delivery };
}

/** What the service says about no text in particular: it must not hide what was said last. */
function isRemark({ who, body }: Entry): boolean {
  if (who !== "bot") return false;
  return body.is === "text" || (body.is === "notice" && body.about === undefined && !tells(body.text));
}

/** The text of mine about whose way to the phone the notice tells: on the list the text's own mark says it. */
function toldBy({ body }: Entry, entries: Entry[]): Entry | undefined {
  if (body.is !== "notice" || body.about === undefined || !tells(body.text)) return undefined;
  return entries.find((entry) => entry.who === "me" && entry.key === body.about);
}

function words({ body }: Entry): string {
  switch (body.is) {
    case "text":
    case "notice":
    case "event":
      return body.text;
    case "unreadable":
      return "Cannot be read here";
    case "media":
      return body.name;
  }
}

/** A text of mine failed and nothing of mine came after it. */
export function hasFailed(entries: Entry[]): boolean {
  return entries.findLast((entry) => entry.delivery !== undefined)?.delivery?.state === "failed";
}

/** A text of mine failed, or a client has been waiting. */
export function needsAction(entries: Entry[], kind: Conversation["kind"], now: number): boolean {
  if (hasFailed(entries)) return true;
  if (kind !== "sms") return false;
  const said = entries.findLast(({ body, who }) => body.is === "text" && (who === "client" || who === "me"));
  return said?.who === "client" && now - said.at > WAITS_TOO_LONG_MS;
}
