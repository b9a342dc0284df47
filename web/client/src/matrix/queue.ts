/**
 * Texts on their way out. A text is kept, sealed, before anything is sent; it goes with a transaction id that
 * stays the same, so a retry after a crash or a lost answer is not a second text; in order within a room.
 *
 * What holds if the tab dies: before the text is kept, it was never accepted (`add` has not resolved). After
 * that and before it is marked as tried, it has not left. Marked as tried and not removed: the homeserver may
 * have it, and gives the same event for the same transaction, but only to the same device and for a day;
 * beyond that a person decides.
 */
import { draftName, outboxPrefix } from "./stores";
import type { Vault } from "./vault";

export interface Outgoing {
  /** For the screen; stays the same when a text is tried again. */
  id: string;
  /** The transaction. */
  txn: string;
  room: string;
  text: string;
  at: number;
  /** The event of an earlier text that failed, and that this one repeats. */
  repeats?: string;
  /** When it first may have been taken, and from which device. */
  tried?: { at: number; device: string };
  /** It does not go out by itself any more. */
  failed?: { reason: string; canRetry: boolean };
}

/** A text that the homeserver has, until the room shows it. */
export type Sent = Outgoing & { event: string };

/** How one try ended. */
export type Outcome =
  | { is: "sent"; event: string }
  /** Not taken by this try, and for good, unless a person tries again. */
  | { is: "refused"; reason: string; canRetry: boolean }
  /** The homeserver cannot be reached, or wants us to wait; `notTaken`: it has certainly not taken the text. */
  | { is: "away"; waitMs?: number; notTaken?: boolean }
  /** Nobody is signed in any more. */
  | { is: "stopped" };

export interface QueueParts {
  vault: Vault;
  userId: string;
  deviceId: string;
  send(text: Outgoing): Promise<Outcome>;
  now(): number;
  newId(): string;
  /** Something about the room's texts has changed. */
  changed(room: string): void;
}

/** Homeservers remember transactions for a day. */
const TRANSACTIONS_KEPT_MS = 23 * 3_600_000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
const MAY_BE_SENT = "It may have been sent already. Look at the conversation before you send it again.";

export class SendQueue {
  private texts: Outgoing[] = [];
  private sent: Sent[] = [];
  /** Shown already, but not on disk yet: they may not leave, and nothing may overtake them. */
  private readonly unkept = new Set<Outgoing>();
  private readonly running = new Set<string>();
  private wakers: (() => void)[] = [];
  private stopped = false;
  /** Events and transactions of this visit, by which a text keeps its place on the screen. */
  private readonly ids = new Map<string, string>();

  constructor(private readonly parts: QueueParts) {}

  /** Takes up what an earlier visit left. */
  async load(): Promise<void> {
    const kept = await this.parts.vault.list<Outgoing>(outboxPrefix(this.parts.userId));
    this.texts = kept.map(([, text]) => text).sort((a, b) => a.at - b.at);
    for (const text of this.texts) {
      this.ids.set(text.txn, text.id);
      if (!text.failed && this.isForgotten(text)) await this.fail(text, { reason: MAY_BE_SENT, canRetry: true });
    }
  }

  /** Sends what waits. */
  start(): void {
    for (const room of new Set(this.texts.map((text) => text.room))) void this.run(room);
  }

  /** Nothing more is sent; what waits stays kept. */
  stop(): void {
    this.stopped = true;
    this.wake();
  }

  /** The line may be back: what waits is tried at once. */
  wake(): void {
    for (const waker of this.wakers.splice(0)) waker();
  }

  /** Accepts a text, in the place of the room's draft unless it repeats an earlier text. */
  async add(room: string, body: string, repeats?: string): Promise<void> {
    const id = this.parts.newId();
    const last = this.texts.at(-1)?.at ?? 0;
    const text: Outgoing = { id, txn: id, room, text: body, at: Math.max(this.parts.now(), last + 1), repeats };
    // Seen at once; gone again if it cannot be kept.
    this.texts.push(text);
    this.ids.set(text.txn, id);
    this.parts.changed(room);
    // A tab that dies between two writes would send the text and offer it as a draft again.
    const draft = repeats === undefined ? draftName(this.parts.userId, room) : undefined;
    await this.accept(text, () => this.remove(text), draft);
  }

  /** Whether all texts that were accepted are on the disk. */
  get areKept(): boolean {
    return this.unkept.size === 0;
  }

  /** All that the room does not show itself, oldest first. */
  of(room: string): (Outgoing | Sent)[] {
    return [...this.sent, ...this.texts].filter((text) => text.room === room);
  }

  /** The place on the screen of an event of ours. */
  idOf(event: string, txn: string | undefined): string | undefined {
    return this.ids.get(event) ?? (txn === undefined ? undefined : this.ids.get(txn));
  }

  /** The room shows the event: a lost answer is made good by it. */
  shown(event: string, txn: string | undefined): void {
    this.sent = this.sent.filter((text) => text.event !== event);
    const waiting = txn === undefined ? undefined : this.texts.find((text) => text.txn === txn);
    if (!waiting) return;
    this.ids.set(event, waiting.id);
    this.remove(waiting);
    void this.forget(waiting);
  }

  /** Tries a failed text again. It was refused or a person has looked, so it is a new transaction. */
  async retry(id: string): Promise<void> {
    const text = this.texts.find((t) => t.id === id && t.failed);
    if (!text) return;
    const before = { ...text };
    delete text.failed;
    delete text.tried;
    text.txn = this.parts.newId();
    this.ids.set(text.txn, text.id);
    this.parts.changed(text.room);
    await this.accept(text, () => Object.assign(text, before));
  }

  /** Gives a failed text up. One that may be on its way cannot be. */
  async discard(id: string): Promise<void> {
    const text = this.texts.find((t) => t.id === id && t.failed);
    if (!text) return;
    this.remove(text);
    await this.forget(text);
  }

  /** Lets a text go as soon as it is kept; where it cannot be, all is as before. */
  private async accept(text: Outgoing, undo: () => void, draft?: string): Promise<void> {
    this.unkept.add(text);
    try {
      await this.parts.vault.put(this.name(text), text, { gone: draft });
    } catch (error) {
      undo();
      this.parts.changed(text.room);
      throw error;
    } finally {
      this.unkept.delete(text);
      void this.run(text.room);
    }
  }

  private async run(room: string): Promise<void> {
    if (this.running.has(room)) return;
    this.running.add(room);
    try {
      for (let misses = 0; !this.stopped; ) {
        const text = this.texts.find((t) => t.room === room && !t.failed);
        if (!text || this.unkept.has(text)) return;
        // What cannot be marked as tried does not leave; the disk may have room again later.
        const held = await this.attempt(text, misses).catch(() => this.pause(LONGEST_WAIT_MS));
        misses = held ? 0 : misses + 1;
      }
    } finally {
      this.running.delete(room);
    }
  }

  /** One try; whether the line held. */
  private async attempt(text: Outgoing, misses: number): Promise<boolean> {
    const isFirst = text.tried === undefined;
    if (!text.tried) {
      text.tried = { at: this.parts.now(), device: this.parts.deviceId };
      await this.keep(text);
    }
    if (this.isForgotten(text)) {
      await this.fail(text, { reason: MAY_BE_SENT, canRetry: true });
      return true;
    }
    const outcome = await this.parts.send(text);
    switch (outcome.is) {
      case "sent":
        this.ids.set(outcome.event, text.id);
        if (this.texts.includes(text)) this.sent.push({ ...text, event: outcome.event });
        this.remove(text);
        await this.forget(text);
        return true;
      case "refused":
        // The answer to an earlier try may have been lost, so a refusal of this one does not say that it was not sent.
        await this.fail(text, { reason: isFirst ? outcome.reason : MAY_BE_SENT, canRetry: outcome.canRetry });
        return true;
      case "stopped":
        this.stopped = true;
        return false;
      case "away":
        if (isFirst && outcome.notTaken) delete text.tried;
        await this.pause(outcome.waitMs ?? Math.min(FIRST_WAIT_MS * 2 ** misses, LONGEST_WAIT_MS));
        return false;
    }
  }

  private async fail(text: Outgoing, failed: NonNullable<Outgoing["failed"]>): Promise<void> {
    text.failed = failed;
    await this.keep(text);
    this.parts.changed(text.room);
  }

  /** Whether the homeserver may have it and would not know it again. */
  private isForgotten({ tried }: Outgoing): boolean {
    if (!tried) return false;
    return tried.device !== this.parts.deviceId || this.parts.now() - tried.at > TRANSACTIONS_KEPT_MS;
  }

  private pause(ms: number): Promise<false> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        resolve(false);
      };
      const timer = setTimeout(done, ms);
      this.wakers.push(done);
    });
  }

  private remove(text: Outgoing): void {
    this.texts = this.texts.filter((t) => t !== text);
    this.parts.changed(text.room);
  }

  private keep(text: Outgoing): Promise<void> {
    return this.parts.vault.put(this.name(text), text);
  }

  private forget(text: Outgoing): Promise<void> {
    return this.parts.vault.delete(this.name(text));
  }

  private name({ id }: Outgoing): string {
    return `${outboxPrefix(this.parts.userId)}${id}`;
  }
}
