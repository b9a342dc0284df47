import "fake-indexeddb/auto";
import { afterEach, expect, it, vi } from "vitest";
import { makeClient } from "./client";
import { outcomeOf } from "./outcome";

afterEach(() => vi.useRealTimers());

it("a request that nobody answers ends, and may be made again", async () => {
  vi.useFakeTimers();
  const session = { homeserver: "http://hs", userId: "@a:x", deviceId: "DEV", accessToken: "t" };
  const silent: typeof fetch = (_input, init) =>
    new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
  const { client } = makeClient(session, { prefix: "p", key: new Uint8Array(32) }, {}, silent);
  const outcome = client.joinRoom("!r:x").then(() => undefined, (error: unknown) => outcomeOf(error, true));
  await vi.advanceTimersByTimeAsync(61_000);
  expect(await outcome).toMatchObject({ is: "away" });
});
