import { describe, expect, it } from "vitest";
import { Drafts } from "./drafts";
import type { How, Vault } from "./vault";

const NAME = "draft:@a:x:!r";

/** A vault whose writes end only as they are let, in the order in which they were asked for. */
function slowVault() {
  const disk = new Map<string, unknown>();
  const waiting: (() => void)[] = [];
  const later = (write: () => void) => new Promise<void>((done) => waiting.push(() => (write(), done())));
  const vault: Vault = {
    put: (name, value, { gone }: How = {}) =>
      later(() => {
        disk.set(name, value);
        if (gone !== undefined) disk.delete(gone);
      }),
    delete: (name) => later(() => void disk.delete(name)),
    get: async () => undefined,
    list: async <T>() => [...disk] as [string, T][],
  };
  const settled = () => new Promise((done) => setTimeout(done));
  /** One write, and what follows from it. */
  const oneWrite = async () => {
    waiting.shift()?.();
    await settled();
  };
  const allWrites = async () => {
    while (waiting.length > 0) await oneWrite();
  };
  return { vault, disk, waiting, oneWrite, allWrites };
}

describe("drafts", () => {
  it("end up as the last that was typed, however slow the disk", async () => {
    const { vault, disk, waiting, allWrites } = slowVault();
    const drafts = new Drafts(vault, "@a:x");
    for (const text of ["H", "He", "Hel", "Hell", "Hello"]) drafts.set("!r", text);
    expect(waiting).toHaveLength(1);
    await allWrites();
    expect([...disk]).toEqual([[NAME, "Hello"]]);
    const again = new Drafts(vault, "@a:x");
    await again.load();
    expect(again.of("!r")).toBe("Hello");
    again.set("!r", "");
    await allWrites();
    expect(disk.size).toBe(0);
  });

  it("never lie beside the text that took their place", async () => {
    const { vault, disk, oneWrite, allWrites } = slowVault();
    const drafts = new Drafts(vault, "@a:x");
    drafts.set("!r", "Hell");
    drafts.set("!r", "Hello");
    drafts.hurry("!r");
    const sent = vault.put("outbox:1", "Hello", { gone: NAME }).then(() => drafts.dropped("!r", "Hello"));
    for (const expected of [[NAME], [NAME], ["outbox:1"]]) {
      await oneWrite();
      expect([...disk.keys()]).toEqual(expected);
    }
    await sent;
    await allWrites();
    expect([...disk.keys()]).toEqual(["outbox:1"]);
    drafts.set("!r", "Hello");
    await allWrites();
    expect(disk.get(NAME)).toBe("Hello");
  });

  it("are known not to be on the disk until they are", async () => {
    const { vault, allWrites } = slowVault();
    const drafts = new Drafts(vault, "@a:x");
    expect(drafts.areKept).toBe(true);
    drafts.set("!r", "Hello");
    expect(drafts.areKept).toBe(false);
    await allWrites();
    expect(drafts.areKept).toBe(true);
  });

  it("that the disk has no room for are tried again with the next letter", async () => {
    const { vault, disk, allWrites } = slowVault();
    const { put } = vault;
    vault.put = () => Promise.reject(new DOMException("full", "QuotaExceededError"));
    const drafts = new Drafts(vault, "@a:x");
    drafts.set("!r", "Hell");
    await allWrites();
    await new Promise((done) => setTimeout(done));
    expect(drafts.areKept).toBe(false);
    vault.put = put;
    drafts.set("!r", "Hello");
    await allWrites();
    expect([...disk]).toEqual([[NAME, "Hello"]]);
    expect(drafts.areKept).toBe(true);
  });
});
