/**
 * What was typed and not sent, sealed on disk with each letter: sealing takes a moment, and a page that goes
 * away is not given one, so nothing may wait for its end.
 */
import { draftName, draftPrefix } from "./stores";
import type { Vault } from "./vault";

export class Drafts {
  private readonly texts = new Map<string, string>();
  /** What the vault was last asked to keep of a room's draft, and how many such writes are on their way. */
  private readonly asked = new Map<string, string>();
  private readonly writing = new Map<string, number>();

  constructor(
    private readonly vault: Vault,
    private readonly userId: string,
  ) {}

  async load(): Promise<void> {
    const prefix = draftPrefix(this.userId);
    for (const [name, text] of await this.vault.list<string>(prefix)) {
      this.texts.set(name.slice(prefix.length), text);
      this.asked.set(name.slice(prefix.length), text);
    }
  }

  of(room: string): string {
    return this.texts.get(room) ?? "";
  }

  set(room: string, text: string): void {
    if (text === this.of(room)) return;
    if (text === "") this.texts.delete(room);
    else this.texts.set(room, text);
    // What is typed while the disk is busy is written after it, once.
    if (!this.writing.has(room)) void this.write(room);
  }

  /** The vault is asked for what was typed last before it is asked for anything else. */
  hurry(room: string): void {
    if (!this.isAsked(room)) void this.write(room);
  }

  /** The draft is gone from the disk by other hands: what is typed again, be it the same, is written again. */
  dropped(room: string, text: string): void {
    if (this.of(room) !== text) return;
    this.texts.delete(room);
    this.asked.delete(room);
  }

  /** Whether all that was typed is on the disk. */
  get areKept(): boolean {
    return this.writing.size === 0 && [...this.texts.keys()].every((room) => this.isAsked(room));
  }

  private isAsked(room: string): boolean {
    return (this.asked.get(room) ?? "") === this.of(room);
  }

  private async write(room: string): Promise<void> {
    const [name, text] = [draftName(this.userId, room), this.of(room)];
    this.asked.set(room, text);
    this.writing.set(room, (this.writing.get(room) ?? 0) + 1);
    const writing = text === "" ? this.vault.delete(name) : this.vault.put(name, text, { relaxed: true });
    const isKept = await writing.then(() => true, () => false);
    const others = (this.writing.get(room) ?? 1) - 1;
    if (others > 0) this.writing.set(room, others);
    else this.writing.delete(room);
    // Where the disk is full it stays in the page, and the next letter tries again.
    if (!isKept && this.asked.get(room) === text) this.asked.delete(room);
    else if (others === 0) this.hurry(room);
  }
}
