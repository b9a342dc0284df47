/**
 * What our API says of conversations, kept for the list. A listing is recorded as a look at clients, so all of
 * them are asked for only when a room appears that we know nothing of. Where one stands names nobody, and is
 * asked for when the bot says something there: consent or disclosure may have changed.
 */
import { type Api, ApiRefused, type ConversationAnswer } from "../api/api";
import type { Entry, SmsFacts } from "../model";

/** Several reasons close together are one question. */
const GATHER_MS = 1500;
/** What failed is asked for again. */
const AGAIN_MS = 60_000;

const OPTED_OUT = "The client asked not to be texted. Reach them another way; they can text START to allow it again.";

export class Facts {
  private readonly byRoom = new Map<string, ConversationAnswer>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** What the next question is about: all conversations, or those of these rooms. */
  private all = false;
  private readonly rooms = new Set<string>();
  private readonly asked = new Set<string>();
  private isAway = false;
  private stopped = false;

  constructor(
    private readonly api: Api,
    private readonly changed: () => void,
  ) {}

  of(room: string): Pick<SmsFacts, "facts" | "factsAway" | "blocked"> {
    const answer = this.byRoom.get(room);
    if (!answer) return { factsAway: this.isAway };
    const { maskedNumber, ourNumber, consent, disclosedAt } = answer;
    const blocked = consent === "opted-out" ? OPTED_OUT : undefined;
    return { facts: { maskedNumber, ourNumber, consent, disclosedAt }, blocked };
  }

  /** The conversation that a room is of. */
  conversation(room: string): string | undefined {
    return this.byRoom.get(room)?.id;
  }

  /** Rooms that are on the list: one that we know nothing of is a reason to ask, once. */
  seen(rooms: string[]): void {
    const strange = rooms.filter((room) => !this.byRoom.has(room) && !this.asked.has(room));
    for (const room of strange) this.asked.add(room);
    if (strange.length > 0) this.ask();
  }

  /** The bot tells what a client says about being texted, and what it told them. */
  said(room: string, { who }: Entry): void {
    if (who === "bot") this.ask(room);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private ask(room?: string, wait = GATHER_MS): void {
    if (this.stopped) return;
    if (room !== undefined && this.byRoom.has(room)) this.rooms.add(room);
    else this.all = true;
    this.timer ??= setTimeout(() => void this.load(), wait);
  }

  private async load(): Promise<void> {
    this.timer = undefined;
    const rooms = [...this.rooms];
    this.rooms.clear();
    try {
      if (this.all) await this.loadAll();
      else await Promise.all(rooms.map((room) => this.loadOne(room)));
      this.isAway = false;
    } catch (error) {
      this.isAway = true;
      if (!(error instanceof ApiRefused && error.isForGood)) {
        for (const room of rooms) this.ask(room, AGAIN_MS);
        if (this.all) this.ask(undefined, AGAIN_MS);
      }
    }
    if (!this.stopped) this.changed();
  }

  private async loadAll(): Promise<void> {
    const answers = await this.api.conversations();
    this.all = false;
    for (const answer of answers) if (answer.room) this.byRoom.set(answer.room, answer);
  }

  private async loadOne(room: string): Promise<void> {
    const known = this.byRoom.get(room);
    if (!known) return;
    const { consent, disclosedAt } = await this.api.place(known.id);
    this.byRoom.set(room, { ...known, consent, disclosedAt });
  }
}
