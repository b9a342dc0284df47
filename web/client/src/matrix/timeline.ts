/** A room's loaded part as entries, oldest first, with what waits here at its end. */
import type { MatrixEvent, Room } from "matrix-js-sdk/lib/matrix";
import type { Delivery, Entry, Kind } from "../model";
import { delivery } from "./delivery";
import { isEdit, isVouchedFor, withoutQuotation } from "./event";
import type { Outgoing, Sent } from "./queue";
import { SaidInRoom } from "./said";
import { REPETITION } from "./sender";
import { NOT_ENCRYPTED, whyUnreadable } from "./unreadable";

/** Whose view it is. */
export interface View {
  me: string;
  bot: string;
  kind: Kind;
  /** What the room does not show itself. */
  waiting: (Outgoing | Sent)[];
  /** The place on the screen of an event that was sent from here. */
  idOf(event: string, txn: string | undefined): string | undefined;
}

type Body = Entry["body"];

export function entriesOf(room: Room, view: View): Entry[] {
  const said = view.kind === "sms" ? new SaidInRoom(room, view.me, view.bot) : undefined;
  const entries: Entry[] = [];
  const shown = new Set<string>();
  const events = room.getLiveTimeline().getEvents();
  const repeated = new Set([...events.map((event) => repeats(event, view.me)), ...view.waiting.map((t) => t.repeats)]);
  for (const event of events) {
    shown.add(event.getId() ?? "");
    const entry = entryOf(event, room, view, said);
    if (!entry) continue;
    entries.push(entry);
    if (entry.delivery?.state === "failed" && repeated.has(event.getId())) entry.delivery.canRetry = false;
  }
  const waiting = view.waiting.filter((text) => !("event" in text && shown.has(text.event)));
  return inTheirPlaces(entries, waiting.map(waitingEntry));
}

export function keyOf(event: MatrixEvent, view: Pick<View, "idOf">): string {
  const id = event.getId() ?? "";
  return view.idOf(id, event.getUnsigned().transaction_id) ?? id;
}

/** The text that this one of mine repeats. */
function repeats(event: MatrixEvent, me: string): string | undefined {
  const said: unknown = event.getSender() === me ? event.getContent()[REPETITION]?.original_event_id : undefined;
  return typeof said === "string" ? said : undefined;
}

function entryOf(event: MatrixEvent, room: Room, view: View, said: SaidInRoom | undefined): Entry | undefined {
  const body = bodyOf(event, room, view);
  if (!body) return undefined;
  const entry: Entry = {
    key: keyOf(event, view),
    ...writer(event, room, view, body),
    at: event.getTs(),
    body,
  };
  if (entry.who === "me" && (body.is === "text" || body.is === "media")) {
    entry.delivery = said ? delivery(said.about(event.getId() ?? "")) : { state: "sent" };
  }
  return entry;
}

function writer(event: MatrixEvent, room: Room, view: View, body: Body): Pick<Entry, "who" | "name"> {
  const sender = event.getSender() ?? "";
  if (body.is === "event") return { who: "system" };
  if (sender === view.me) return { who: "me" };
  if (sender === view.bot) return { who: "bot" };
  const name = room.getMember(sender)?.name ?? sender;
  // Nobody else may invite into a client's room, so who is neither of us is the client's stand-in.
  return view.kind === "sms" ? { who: "client", name: name.replace(/ \(SMS\)$/, "") } : { who: "colleague", name };
}

/** None where there is nothing to show: state, statuses, edits (they show in what they edit). */
function bodyOf(event: MatrixEvent, room: Room, view: View): Body | undefined {
  if (event.isRedacted()) return redacted(event, view);
  if (event.isDecryptionFailure()) return { is: "unreadable", why: whyUnreadable(event.decryptionFailureReason, event.getSender() === view.me) };
  switch (event.getType()) {
    case "m.room.message":
      if (isEdit(event)) return undefined;
      if (!isVouchedFor(event, room)) return { is: "unreadable", why: NOT_ENCRYPTED };
      return message(event, view, room);
    case "m.sticker":
      return { is: "media", name: String(event.getContent().body ?? "Sticker") };
    case "m.room.member":
      return view.kind === "team" ? membership(event) : undefined;
    default:
      // Still being decrypted, a status, or state.
      return undefined;
  }
}

function message(event: MatrixEvent, view: View, room: Room): Body | undefined {
  // What the phone got is the first writing; edits do not reach it.
  const isMineByText = view.kind === "sms" && event.getSender() === view.me;
  const content = isMineByText ? event.getOriginalContent() : event.getContent();
  const text = withoutQuotation(String(content.body ?? ""), event.replyEventId !== undefined);
  switch (content.msgtype) {
    case "m.text":
    case "m.emote":
      return event.replacingEvent() && !isMineByText ? { is: "text", text, edited: true } : { is: "text", text };
    case "m.notice": {
      const about = event.replyEventId ? room.findEventById(event.replyEventId) : undefined;
      return about ? { is: "notice", text, about: keyOf(about, view) } : { is: "notice", text };
    }
    default:
      return { is: "media", name: String(content.filename ?? content.body ?? "Attachment") };
  }
}

function redacted(event: MatrixEvent, view: View): Body | undefined {
  const type = event.getType();
  if (type !== "m.room.message" && type !== "m.room.encrypted") return undefined;
  if (view.kind === "team") return { is: "event", text: "A message was deleted." };
  if (event.getSender() === view.bot) return undefined;
  return {
    is: "event",
    text: "A text was deleted here. It cannot be taken back from a phone, and the record keeps it.",
  };
}

function membership(event: MatrixEvent): Body | undefined {
  const [now, before] = [event.getContent().membership, event.getPrevContent().membership];
  if (now === before) return undefined;
  const name = String(event.getContent().displayname ?? event.getPrevContent().displayname ?? event.getStateKey());
  switch (now) {
    case "join":
      return { is: "event", text: `${name} joined.` };
    case "leave":
      return { is: "event", text: before === "invite" ? `${name} did not join.` : `${name} left.` };
    case "invite":
      return { is: "event", text: `${name} was invited.` };
    default:
      return undefined;
  }
}

function waitingEntry(text: Outgoing | Sent): Entry {
  return { key: text.id, who: "me", at: text.at, body: { is: "text", text: text.text }, delivery: waitingState(text) };
}

function waitingState(text: Outgoing | Sent): Delivery {
  if (text.failed) return { state: "failed", ...text.failed, canDiscard: true };
  return "event" in text ? { state: "sending" } : { state: "queued" };
}

/** What failed stays where it was written; what is on its way is last. */
function inTheirPlaces(entries: Entry[], waiting: Entry[]): Entry[] {
  const all = [...entries];
  for (const entry of waiting) {
    const later = entry.delivery?.state === "failed" ? all.findIndex((other) => other.at > entry.at) : -1;
    if (later < 0) all.push(entry);
    else all.splice(later, 0, entry);
  }
  return all;
}

