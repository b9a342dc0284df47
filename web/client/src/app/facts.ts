/**
 * What our API says of conversations, kept for the list. Each listing is recorded as a look at clients, so it
 * is asked for only when something has happened that may have changed it.
 */
import { type Api, ApiRefused, type ConversationAnswer } from "../api/api";
import type { Entry, SmsFacts } from "../model";

/** Several reasons close together are one listing. */
const GATHER_MS = 1500;
/** A listing that failed is asked for again. */
const AGAIN_MS = 60_000;
/** The words that carriers act upon. Others, however short, change nothing. */
const OUT = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"];
const IN = ["START", "UNSTOP", "YES"];

export class Facts {
  private readonly byRoom = new Map<string, ConversationAnswer>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly asked = new Set<string>();
  private isAway = false;
  private stopped = false;

  constructor(
    private readonly api: Api,
    private readonly changed: () => void,
  ) {}

  of(room: string): Pick<SmsFacts, "facts" | "factsAway"> {
    const answer = this.byRoom.get(room);
    if (!answer) return { factsAway: this.isAway };
    const { maskedNumber, ourNumber, consent, disclosedAt } = answer;
    return { facts: { maskedNumber, ourNumber, consent, disclosedAt } };
  }

  /** The conversation that a room is of. */
  conversation(room: string): string | undefined {
    return this.byRoom.get(room)?.id;
  }

  /** Rooms that are on the list: one that we know nothing of is a reason to ask, once. */
  seen(rooms: string[]): void {
    const strange = rooms.filter((room) => !this.byRoom.has(room) && !this.asked.has(room));
    for (const room of strange) this.asked.add(room);
    if (strange.length > 0) this.refresh();
  }

  /** What was said may mean that consent or disclosure has changed: by the bot, or in a carrier's keyword. */
  said(room: string, { who, body }: Entry): void {
    const word = who === "client" && body.is === "text" ? body.text.trim().toUpperCase() : "";
    if (who === "bot" || OUT.includes(word) || (IN.includes(word) && this.mayAgree(room))) this.refresh();
  }

  refresh(wait = GATHER_MS): void {
    if (this.stopped) return;
    this.timer ??= setTimeout(() => void this.load(), wait);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** "Yes" answers many a question; only here it may be that of the firm. */
  private mayAgree(room: string): boolean {
    const consent = this.byRoom.get(room)?.consent;
    return consent === "opted-out" || consent === "asked";
  }

  private async load(): Promise<void> {
    this.timer = undefined;
    try {
      const all = await this.api.conversations();
      for (const answer of all) if (answer.room) this.byRoom.set(answer.room, answer);
      this.isAway = false;
    } catch (error) {
      this.isAway = true;
      if (!(error instanceof ApiRefused && error.isForGood)) this.refresh(AGAIN_MS);
    }
    if (!this.stopped) this.changed();
  }
}
