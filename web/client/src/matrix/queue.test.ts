import { describe, expect, it } from "vitest";
import { type Outcome, type Outgoing, type QueueParts, SendQueue } from "./queue";
import type { How, Vault } from "./vault";

/** A vault in memory; what it holds survives a queue, as a disk does. */
class MemoryVault implements Vault {
  readonly records = new Map<string, string>();
  full = false;
  /** What holds writes up; where it rejects they fail. */
  slow: Promise<void> | undefined;
  async put(name: string, value: unknown, { gone }: How = {}) {
    const written = JSON.stringify(value);
    await this.slow;
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.records.set(name, written);
    if (gone !== undefined) this.records.delete(gone);
  }
  async get<T>(name: string) {
    const found = this.records.get(name);
    return found === undefined ? undefined : (JSON.parse(found) as T);
  }
  async delete(name: string) {
    this.records.delete(name);
  }
  async list<T>(prefix: string) {
    const found = [...this.records].filter(([name]) => name.startsWith(prefix)).sort();
    return found.map(([name, value]) => [name, JSON.parse(value) as T] as [string, T]);
  }
}

/** A homeserver that knows transactions for a device. */
class Server {
  readonly events: { event: string; txn: string; text: string }[] = [];
  answers: Outcome[] = [];
  /** The event is made and the answer is lost. */
  loseAnswers = false;
  send(text: Outgoing): Promise<Outcome> {
    const answer = this.answers.shift();
    if (answer) return Promise.resolve(answer);
    let made = this.events.find((event) => event.txn === text.txn);
    if (!made) this.events.push((made = { event: `$${this.events.length}`, txn: text.txn, text: text.text }));
    if (this.loseAnswers) return new Promise(() => {});
    return Promise.resolve({ is: "sent", event: made.event });
  }
}

let ids = 0;
function world(vault = new MemoryVault(), server = new Server(), more: Partial<QueueParts> = {}) {
  const clock = { now: 1_000_000 };
  const queue = new SendQueue({
    vault,
    userId: "@a:x",
    deviceId: "DEV",
    send: (text) => server.send(text),
    now: () => clock.now,
    newId: () => `t${(ids += 1)}`,
    changed: () => {},
    ...more,
  });
  return { queue, vault, server, clock };
}
const settle = () => new Promise((done) => setTimeout(done, 5));
const texts = (server: Server) => server.events.map((event) => event.text);

describe("the send queue", () => {
  it("keeps a text before add resolves, and sends in order", async () => {
    const { queue, vault, server } = world();
    server.answers = [{ is: "away", waitMs: 1 }];
    const kept: number[] = [];
    for (const text of ["one", "two", "three"]) {
      await queue.add("!r", text);
      kept.push(vault.records.size);
    }
    expect(Math.min(...kept)).toBeGreaterThan(0);
    await settle();
    expect(texts(server)).toEqual(["one", "two", "three"]);
    expect(vault.records.size).toBe(0);
  });

  it("shows a text at once and until the room does", async () => {
    const { queue } = world();
    const added = queue.add("!r", "one");
    expect(queue.of("!r").map((t) => t.text)).toEqual(["one"]);
    await added;
    await settle();
    const [sent] = queue.of("!r");
    expect(sent).toMatchObject({ event: "$0" });
    expect(queue.idOf("$0", undefined)).toBe(sent?.id);
    queue.shown("$0", sent?.txn);
    expect(queue.of("!r")).toEqual([]);
  });

  it("does not take a text that cannot be kept", async () => {
    const { queue, vault, server } = world();
    vault.full = true;
    await expect(queue.add("!r", "one")).rejects.toThrow("full");
    expect(queue.of("!r")).toEqual([]);
    expect(server.events).toEqual([]);
  });

  it("sends nothing that is not kept yet, though the line is free", async () => {
    const { queue, vault, server } = world();
    server.answers = [{ is: "away", waitMs: 1_000_000 }];
    await queue.add("!r", "one");
    await settle();
    let fail = (_why: Error) => {};
    vault.slow = new Promise((_resolve, reject) => (fail = reject));
    const added = queue.add("!r", "two");
    vault.slow = undefined;
    const last = queue.add("!r", "three");
    queue.wake();
    await settle();
    expect(texts(server)).toEqual(["one"]);
    fail(new DOMException("full", "QuotaExceededError"));
    await expect(added).rejects.toThrow("full");
    await last;
    await settle();
    expect(texts(server)).toEqual(["one", "three"]);
  });

  it("a failed text that cannot be kept for another try stays as it was", async () => {
    const { queue, vault, server } = world();
    server.answers = [{ is: "refused", reason: "no", canRetry: true }];
    await queue.add("!r", "one");
    await settle();
    const [failed] = queue.of("!r").map((text) => ({ ...text }));
    vault.full = true;
    await expect(queue.retry(failed?.id ?? "")).rejects.toThrow("full");
    expect(queue.of("!r")).toEqual([failed]);
    expect(server.events).toEqual([]);
  });

  it("is the draft's place: never are both there", async () => {
    const { queue, vault, server } = world();
    server.answers = [{ is: "stopped" }];
    await vault.put("draft:@a:x:!r", "one");
    await vault.put("draft:@a:x:!s", "other");
    await queue.add("!r", "one");
    expect([...vault.records.keys()].filter((name) => name.startsWith("draft"))).toEqual(["draft:@a:x:!s"]);
    await queue.add("!s", "again", "$earlier");
    expect(await vault.get("draft:@a:x:!s")).toBe("other");
  });

  it("does not double a text whose answer was lost when the tab died", async () => {
    const first = world();
    first.server.loseAnswers = true;
    await first.queue.add("!r", "one");
    await settle();
    expect(texts(first.server)).toEqual(["one"]);
    first.server.loseAnswers = false;
    const second = world(first.vault, first.server);
    await second.queue.load();
    second.queue.start();
    await settle();
    expect(texts(first.server)).toEqual(["one"]);
    expect(first.vault.records.size).toBe(0);
  });

  it("takes the room's word for a text whose answer is missing", async () => {
    const { queue, vault, server } = world();
    server.loseAnswers = true;
    await queue.add("!r", "one");
    await settle();
    const [waiting] = queue.of("!r");
    queue.shown("$0", waiting?.txn);
    await settle();
    expect(queue.of("!r")).toEqual([]);
    expect(queue.idOf("$0", undefined)).toBe(waiting?.id);
    expect(vault.records.size).toBe(0);
  });

  it("waits for the homeserver and goes on when woken", async () => {
    const { queue, server } = world();
    server.answers = [{ is: "away", waitMs: 1_000_000 }];
    await queue.add("!r", "one");
    await settle();
    expect(server.events).toEqual([]);
    queue.wake();
    await settle();
    expect(texts(server)).toEqual(["one"]);
  });

  it("a refused text fails, the next goes, and a retry is a new transaction", async () => {
    const { queue, server } = world();
    server.answers = [{ is: "refused", reason: "too big", canRetry: true }];
    await queue.add("!r", "one");
    await queue.add("!r", "two");
    await settle();
    expect(texts(server)).toEqual(["two"]);
    const failed = queue.of("!r").find((t) => t.text === "one");
    expect(failed?.failed).toEqual({ reason: "too big", canRetry: true });
    await queue.retry(failed?.id ?? "");
    await settle();
    expect(texts(server)).toEqual(["two", "one"]);
    expect(queue.of("!r").find((t) => t.text === "one")?.id).toBe(failed?.id);
  });

  it.each([
    ["an answer that was lost", { is: "away", waitMs: 1 } as Outcome, "may have been sent"],
    ["being asked to wait", { is: "away", waitMs: 1, notTaken: true } as Outcome, "not allowed"],
  ])("says whether it was certainly not sent when it is refused after %s", async (_name, first, words) => {
    const { queue, server } = world();
    server.answers = [first, { is: "refused", reason: "not allowed", canRetry: true }];
    await queue.add("!r", "one");
    await settle();
    expect(queue.of("!r")[0]?.failed?.reason).toContain(words);
  });

  it("a failed text is discarded for good, one on its way is not", async () => {
    const { queue, server, vault } = world();
    server.answers = [{ is: "refused", reason: "no", canRetry: false }, { is: "away", waitMs: 1_000_000 }];
    await queue.add("!r", "one");
    await queue.add("!r", "two");
    await settle();
    for (const text of queue.of("!r")) await queue.discard(text.id);
    expect(queue.of("!r").map((t) => t.text)).toEqual(["two"]);
    expect(vault.records.size).toBe(1);
  });

  it.each([
    ["after a day", { hours: 24, device: "DEV" }],
    ["from another device", { hours: 0, device: "NEW" }],
  ])("asks a person about a text that may have left, %s", async (_name, { hours, device }) => {
    const first = world();
    first.server.answers = [{ is: "away", waitMs: 1_000_000 }];
    await first.queue.add("!r", "one");
    await settle();
    const second = world(first.vault, new Server(), { deviceId: device, now: () => 1_000_000 + hours * 3_600_000 });
    await second.queue.load();
    second.queue.start();
    await settle();
    expect(second.server.events).toEqual([]);
    expect(second.queue.of("!r")[0]?.failed?.canRetry).toBe(true);
  });

  it("sends nothing once nobody is signed in, and keeps it", async () => {
    const { queue, server, vault } = world();
    server.answers = [{ is: "stopped" }];
    await queue.add("!r", "one");
    await settle();
    expect(server.events).toEqual([]);
    expect(vault.records.size).toBe(1);
  });

  it("rooms do not wait for each other", async () => {
    const { queue, server } = world();
    server.answers = [{ is: "away", waitMs: 1_000_000 }];
    await queue.add("!r", "one");
    await settle();
    await queue.add("!s", "two");
    await settle();
    expect(texts(server)).toEqual(["two"]);
  });
});
