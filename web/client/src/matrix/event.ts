/** Small questions to an event. */
import type { MatrixEvent, Room } from "matrix-js-sdk/lib/matrix";

/** Whether the room's encryption vouches for who wrote it: always, unless it came in the clear. */
export function isVouchedFor(event: MatrixEvent, room: Room): boolean {
  return !room.hasEncryptionStateEvent() || event.isEncrypted();
}

/** The event that this one refers to. */
export function relatedTo(event: MatrixEvent): string | undefined {
  const inside: unknown = event.getContent()["m.relates_to"]?.event_id;
  return event.relationEventId ?? (typeof inside === "string" ? inside : undefined);
}

export function isEdit(event: MatrixEvent): boolean {
  return [event.getRelation(), event.getContent()["m.relates_to"]].some((to) => to?.rel_type === "m.replace");
}

/** Clients of old put what is answered in front of an answer, each line after a ">". */
export function withoutQuotation(body: string, isReply: boolean): string {
  if (!isReply || !body.startsWith("> ")) return body;
  const lines = body.split("\n");
  const first = lines.findIndex((line) => !line.startsWith(">"));
  return lines.slice(first).join("\n").replace(/^\n/, "");
}
