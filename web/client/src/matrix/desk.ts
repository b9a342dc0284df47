/**
 * The employee's rooms as the screens show them. Whatever happens in a room marks it; what is marked is looked
 * at again all at once, so that a burst of events is one change on the screen.
 */
import type { MatrixClient, Room } from "matrix-js-sdk/lib/matrix";
import type { Conversation, Entry, SmsFacts } from "../model";
import { tryAgainWithDevices } from "./again";
import { crypto } from "./client";
import type { Drafts } from "./drafts";
import type { SendQueue } from "./queue";
import { inviter, isInvited, isListed, kindOf, listedRooms, memberCount, nameOf } from "./rooms";
import { hasFailed, lastOf, needsAction, unreadAfter } from "./summary";
import { entriesOf, keyOf } from "./timeline";
import { watchRooms } from "./watch";

export type Timeline = { id: string; entries: Entry[]; more: boolean; loading: boolean };

export interface DeskParts {
  client: MatrixClient;
  bot: string;
  queue: SendQueue;
  drafts: Drafts;
  /** What our API says of a conversation. */
  facts(room: string): Pick<SmsFacts, "facts" | "factsAway">;
  show(conversations: Conversation[]): void;
  showTimeline(timeline: Timeline | undefined): void;
  /** Something was said in a client's room while we were looking. */
  said(room: string, entry: Entry): void;
}

const PAGE = 30;
/** Of a room that is opened, at least so many entries are loaded. */
const ENOUGH = 15;
/** Pages that are fetched for one wish, where pages have nothing to show. */
const MOST_PAGES = 5;

export class Desk {
  private readonly entries = new Map<string, Entry[]>();
  private readonly listed = new Map<string, Conversation>();
  private readonly joining = new Set<string>();
  private marked = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private opened: string | undefined;
  private loading = false;
  private unwatch: () => void;
  private running = true;

  constructor(private readonly parts: DeskParts) {
    const unwatch = watchRooms(parts.client, (room) => this.mark(room));
    const stopTrying = tryAgainWithDevices(parts.client);
    this.unwatch = () => {
      unwatch();
      stopTrying();
    };
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
    this.unwatch();
  }

  /** Looks at everything again. */
  refresh(): void {
    for (const room of listedRooms(this.parts.client)) this.marked.add(room.roomId);
    for (const id of this.listed.keys()) this.marked.add(id);
    this.flush();
  }

  mark(room: string): void {
    this.marked.add(room);
    this.timer ??= setTimeout(() => this.flush(), 0);
  }

  /** At once: what one has typed and sent must not wait for anything. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.running) return;
    const marked = this.marked;
    this.marked = new Set();
    for (const id of marked) this.look(id);
    if (marked.size > 0) this.parts.show([...this.listed.values()].sort(newestFirst));
    if (this.opened !== undefined && marked.has(this.opened)) this.showTimeline();
  }

  open(id: string | undefined): void {
    // What was typed there shows on the list now.
    if (this.opened !== undefined) this.mark(this.opened);
    this.opened = id;
    this.loading = false;
    this.showTimeline();
    const room = this.room();
    if (!room) return;
    // The keys of who is in it are fetched now, so that the first text does not wait for them.
    if (room.hasEncryptionStateEvent()) crypto(this.parts.client).prepareToEncrypt(room);
    void room.decryptAllEvents();
    if ((this.entries.get(room.roomId) ?? []).length < ENOUGH) void this.older().catch(() => {});
  }

  /** Loads until there is something new to see. */
  async older(): Promise<void> {
    const room = this.room();
    if (!room || this.loading || !hasMore(room)) return;
    this.loading = true;
    this.showTimeline();
    const before = this.entries.get(room.roomId)?.length ?? 0;
    try {
      for (let page = 0; page < MOST_PAGES && hasMore(room); page += 1) {
        await this.parts.client.scrollback(room, PAGE);
        await room.decryptAllEvents();
        this.look(room.roomId);
        if ((this.entries.get(room.roomId)?.length ?? 0) > before) return;
      }
    } finally {
      if (this.opened === room.roomId) {
        this.loading = false;
        this.showTimeline();
      }
    }
  }

  async read(id: string): Promise<void> {
    const room = this.parts.client.getRoom(id);
    const last = room?.getLiveTimeline().getEvents().at(-1);
    if (!room || !last || last.isSending() || (this.listed.get(id)?.unread ?? 0) === 0) return;
    await this.parts.client.sendReadReceipt(last);
    this.mark(id);
  }

  /** A text of mine that the room shows as failed and that may be sent again. */
  failed(id: string, key: string): { text: string; event: string } | undefined {
    const room = this.parts.client.getRoom(id);
    const entry = this.entries.get(id)?.find((e) => e.key === key);
    if (entry?.body.is !== "text" || entry.delivery?.state !== "failed" || !entry.delivery.canRetry) return undefined;
    const event = room?.getLiveTimeline().getEvents().find((e) => keyOf(e, this.parts.queue) === key)?.getId();
    return event === undefined ? undefined : { text: entry.body.text, event };
  }

  private room(): Room | undefined {
    return (this.opened !== undefined && this.parts.client.getRoom(this.opened)) || undefined;
  }

  private look(id: string): void {
    const room = this.parts.client.getRoom(id);
    if (!room || !isListed(room)) {
      this.listed.delete(id);
      this.entries.delete(id);
      return;
    }
    if (isInvited(room) && this.isFromBot(room)) return this.join(room);
    const conversation = this.conversationOf(room);
    this.listed.set(id, conversation);
  }

  private conversationOf(room: Room): Conversation {
    const { bot, client, drafts, queue, facts } = this.parts;
    const [me, kind, id] = [client.getSafeUserId(), kindOf(room, bot), room.roomId];
    const idOf = queue.idOf.bind(queue);
    const events = room.getLiveTimeline().getEvents();
    for (const event of events) {
      if (event.getSender() === me) queue.shown(event.getId() ?? "", event.getUnsigned().transaction_id);
    }
    // The SDK decrypts by itself only what it needs for its own counts.
    if (events.some((event) => event.shouldAttemptDecryption())) void room.decryptAllEvents();
    const entries = entriesOf(room, { me, bot, kind, waiting: queue.of(id), idOf });
    this.tell(room, kind, entries);
    this.entries.set(id, entries);
    const sms = kind === "sms" ? { ...facts(id), blocked: blocked(room, facts(id).facts) } : undefined;
    return {
      id,
      kind,
      name: nameOf(room, kind),
      unread: unreadAfter(entries, readAt(room, me)),
      last: lastOf(entries),
      failed: hasFailed(entries),
      needsAction: isInvited(room) || needsAction(entries, kind, Date.now()),
      invited: isInvited(room),
      draft: drafts.of(id),
      sms,
      members: memberCount(room, bot),
      encrypted: isInvited(room) ? undefined : room.hasEncryptionStateEvent(),
    };
  }

  /** What is new since the last look, of rooms that were looked at before. */
  private tell(room: Room, kind: Conversation["kind"], entries: Entry[]): void {
    const before = this.entries.get(room.roomId);
    const last = entries.at(-1);
    if (kind === "sms" && before && last && last.key !== before.at(-1)?.key) this.parts.said(room.roomId, last);
  }

  /** Only the bot asks employees into clients' rooms, so nobody has to think about it. */
  private isFromBot(room: Room): boolean {
    return inviter(room, this.parts.client.getSafeUserId()) === this.parts.bot;
  }

  private join(room: Room): void {
    if (this.joining.has(room.roomId)) return;
    this.joining.add(room.roomId);
    this.parts.client
      .joinRoom(room.roomId)
      .catch(() => setTimeout(() => this.mark(room.roomId), 10_000))
      .finally(() => this.joining.delete(room.roomId));
  }

  private showTimeline(): void {
    const room = this.room();
    if (!room) return this.parts.showTimeline(undefined);
    const entries = this.entries.get(room.roomId) ?? [];
    this.parts.showTimeline({ id: room.roomId, entries, more: hasMore(room), loading: this.loading });
  }
}

function hasMore(room: Room): boolean {
  return room.oldState.paginationToken !== null && !isInvited(room);
}

/** When I last read, or wrote; beyond what is loaded by the clock of the receipt. */
function readAt(room: Room, me: string): number {
  const event = room.getEventReadUpTo(me);
  const at = event ? room.findEventById(event)?.getTs() : undefined;
  return at ?? room.getReadReceiptForUserId(me)?.data.ts ?? 0;
}

function blocked(room: Room, facts: SmsFacts["facts"]): string | undefined {
  if (isInvited(room)) return undefined;
  if (!room.hasEncryptionStateEvent()) return "This conversation is not encrypted, so nothing is sent. Tell your administrator.";
  if (facts?.consent === "opted-out") {
    return "The client asked not to be texted. Reach them another way; they can text START to allow it again.";
  }
  return undefined;
}

function newestFirst(a: Conversation, b: Conversation): number {
  return (b.last?.at ?? 0) - (a.last?.at ?? 0) || (a.id < b.id ? -1 : 1);
}
