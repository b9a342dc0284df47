/** What was typed and not sent, sealed on disk while it is typed. */
import { draftName, draftPrefix } from "./stores";
import type { Vault } from "./vault";

export class Drafts {
  private readonly texts = new Map<string, string>();
  /** Rooms whose draft is being written; what is typed meanwhile is written after it. */
  private readonly writing = new Set<string>();

  constructor(
    private readonly vault: Vault,
    private readonly userId: string,
  ) {}

  async load(): Promise<void> {
    const prefix = draftPrefix(this.userId);
    for (const [name, text] of await this.vault.list<string>(prefix)) this.texts.set(name.slice(prefix.length), text);
  }

  of(room: string): string {
    return this.texts.get(room) ?? "";
  }

  set(room: string, text: string): void {
    if (text === this.of(room)) return;
    if (text === "") this.texts.delete(room);
    else this.texts.set(room, text);
    if (!this.writing.has(room)) void this.write(room);
  }

  /** The draft is gone from the disk by other hands: what is typed again, be it the same, is written again. */
  dropped(room: string, text: string): void {
    if (this.of(room) === text) this.texts.delete(room);
  }

  private async write(room: string): Promise<void> {
    this.writing.add(room);
    const name = draftName(this.userId, room);
    try {
      for (let written: string | undefined; written !== this.of(room); ) {
        written = this.of(room);
        await (written === "" ? this.vault.delete(name) : this.vault.put(name, written));
      }
    } catch {
      // The disk is full: it stays in the page, and the next letter tries again.
    } finally {
      this.writing.delete(room);
    }
  }
}
