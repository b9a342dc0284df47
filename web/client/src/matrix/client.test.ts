import "fake-indexeddb/auto";
import { afterEach, expect, it, vi } from "vitest";
import { makeClient, startClient, stopClient } from "./client";
import { outcomeOf } from "./outcome";

const session = { homeserver: "http://hs", userId: "@a:x", deviceId: "DEV", accessToken: "t" };

afterEach(() => vi.useRealTimers());

it("a request that nobody answers ends, and may be made again", async () => {
  vi.useFakeTimers();
  const silent: typeof fetch = (_input, init) =>
    new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
  const { client } = makeClient(session, { prefix: "p", key: new Uint8Array(32) }, {}, silent);
  const outcome = client.joinRoom("!r:x").then(() => undefined, (error: unknown) => outcomeOf(error, true));
  await vi.advanceTimersByTimeAsync(61_000);
  expect(await outcome).toMatchObject({ is: "away" });
});

it("does not begin to sync when it is stopped before the homeserver has answered", async () => {
  const asked: string[] = [];
  const slow: typeof fetch = (input, init) =>
    new Promise((resolve, reject) => {
      asked.push(new URL(String(input)).pathname);
      setTimeout(() => resolve(Response.json({ versions: ["v1.11"], filter_id: "f" })), 10);
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  const { client, store } = makeClient(session, { prefix: "q", key: new Uint8Array(32) }, {}, slow);
  await store.startup();
  const starting = startClient(client);
  await new Promise((done) => setTimeout(done, 5));
  await stopClient(client, starting);
  const before = asked.length;
  await new Promise((done) => setTimeout(done, 100));
  expect(asked.slice(before).filter((path) => path.endsWith("/sync"))).toEqual([]);
  expect(client.clientRunning).toBe(false);
  expect(client.getSyncState()).toBeNull();
});
