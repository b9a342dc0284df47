/** Gathers what a room says about each of my texts; what it means is told by `delivery`. */
import type { MatrixEvent, Room } from "matrix-js-sdk/lib/matrix";
import type { Said, Status } from "./delivery";
import { isVouchedFor, relatedTo } from "./event";

const STATUS = "com.beeper.message_send_status";

export function isStatus(event: MatrixEvent): boolean {
  return event.getType() === STATUS;
}

/** Where a receipt is that is on what is not loaded, for that is older. */
const BEFORE_ALL = -1;

/** Texts that the bot's receipt was seen on. It moves on, and what it has said stays true. */
const seenRead = new WeakMap<Room, Set<string>>();

/** What is said in the loaded part of a room, by the text that it is about. */
export class SaidInRoom {
  private readonly statuses = new Map<string, Status[]>();
  private readonly notices = new Map<string, string[]>();
  private readonly places = new Map<string, number>();
  private readonly botPlace: number;
  private readonly readByBot: Set<string>;
  private readonly readByStandIn: string | undefined;

  constructor(room: Room, me: string, bot: string) {
    const events = room.getLiveTimeline().getEvents();
    events.forEach((event, place) => {
      const id = event.getId();
      if (id) this.places.set(id, place);
      if (event.getSender() === bot && isVouchedFor(event, room)) this.take(event);
    });
    const read = readId(room, bot) ?? "";
    this.botPlace = this.places.get(read) ?? BEFORE_ALL;
    this.readByBot = (seenRead.get(room) ?? new Set()).add(read);
    seenRead.set(room, this.readByBot);
    const others = room.getJoinedMembers().filter(({ userId }) => userId !== me && userId !== bot);
    // Among several it is not certain who is the stand-in: a status event tells of the delivery then.
    if (others.length === 1 && others[0]) this.readByStandIn = readId(room, others[0].userId);
  }

  about(event: string): Said {
    const place = this.places.get(event) ?? this.botPlace;
    return {
      statuses: this.statuses.get(event) ?? [],
      notices: this.notices.get(event) ?? [],
      botRead: this.readByBot.has(event) ? "this" : place < this.botPlace ? "later" : "no",
      standInRead: this.readByStandIn === event,
    };
  }

  private take(event: MatrixEvent): void {
    const content = event.getContent();
    const about = isStatus(event) ? relatedTo(event) : event.replyEventId;
    if (!about || event.isRedacted()) return;
    if (isStatus(event)) push(this.statuses, about, statusOf(content));
    else if (content.msgtype === "m.notice") push(this.notices, about, String(content.body ?? ""));
  }
}

/** A receipt that the homeserver sent; the SDK makes some up for who writes. */
function readId(room: Room, user: string): string | undefined {
  return room.getReadReceiptForUserId(user, true)?.eventId;
}

function statusOf(content: Record<string, unknown>): Status {
  const word = (key: string) => (typeof content[key] === "string" ? (content[key] as string) : undefined);
  const users = content.delivered_to_users;
  return {
    status: word("status") ?? "",
    reason: word("reason"),
    message: word("message"),
    deliveredTo: Array.isArray(users) ? users.map(String) : undefined,
  };
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
