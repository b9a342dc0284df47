import { describe, expect, it } from "vitest";
import { FakeLocks } from "../../test-world/locks";
import { type Channel, TabLock } from "./lock";

class Air {
  private readonly channels: Channel[] = [];
  channel(): Channel {
    const channel: Channel = {
      onmessage: null,
      postMessage: (data) =>
        this.channels.filter((c) => c !== channel).forEach((c) => c.onmessage?.({ data } as MessageEvent)),
      close: () => this.channels.splice(this.channels.indexOf(channel), 1),
    };
    this.channels.push(channel);
    return channel;
  }
}

function browser() {
  const locks = new FakeLocks();
  const air = new Air();
  return (stop: () => Promise<void> = async () => {}) =>
    new TabLock("verbatim:@a:x:DEV", { locks, channel: air.channel(), patienceMs: 20, stop });
}

describe("one tab at a time", () => {
  it("the first tab works, the second does not", async () => {
    const tab = browser();
    expect(await tab().take()).toBe(true);
    expect(await tab().take()).toBe(false);
  });

  it("a tab that went leaves the lock free", async () => {
    const tab = browser();
    const first = tab();
    await first.take();
    first.close();
    await Promise.resolve();
    expect(await tab().take()).toBe(true);
  });

  it("the old tab has stopped before the new one works", async () => {
    const tab = browser();
    const order: string[] = [];
    const first = tab(async () => {
      await new Promise((done) => setTimeout(done, 5));
      order.push("stopped");
    });
    await first.take();
    const second = tab();
    expect(await second.take()).toBe(false);
    await second.takeOver();
    order.push("working");
    expect(order).toEqual(["stopped", "working"]);
  });

  it("a tab that does not answer is overruled and told", async () => {
    const tab = browser();
    let told = 0;
    const hung = tab(() => {
      told += 1;
      return new Promise(() => {});
    });
    await hung.take();
    const second = tab();
    await second.takeOver();
    expect(await tab().take()).toBe(false);
    expect(told).toBeGreaterThan(0);
  });

  it("there and back again", async () => {
    const tab = browser();
    const [first, second] = [tab(), tab()];
    await first.take();
    await second.takeOver();
    await first.takeOver();
    expect(await second.take()).toBe(false);
  });
});
