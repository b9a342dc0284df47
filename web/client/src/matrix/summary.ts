/** A room as the list shows it. Pure: of entries and a few facts. */
import type { Conversation, Entry } from "../model";

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
  return { text: words(last), at: last.at, mine: last.who === "me", delivery: last.delivery };
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

/** A text of mine failed and nothing of mine came after it, or a client has been waiting. */
export function needsAction(entries: Entry[], kind: Conversation["kind"], now: number): boolean {
  const mine = entries.findLast((entry) => entry.delivery !== undefined);
  if (mine?.delivery?.state === "failed") return true;
  if (kind !== "sms") return false;
  const said = entries.findLast(({ body, who }) => body.is === "text" && (who === "client" || who === "me"));
  return said?.who === "client" && now - said.at > WAITS_TOO_LONG_MS;
}
