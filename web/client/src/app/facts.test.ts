import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Api, ApiRefused, type ConversationAnswer } from "../api/api";
import type { Consent, Entry } from "../model";
import { Facts } from "./facts";

const MINUTES_MS = 10 * 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Facts of one room, and how often they were asked for. */
function facts(consent: Consent = "not-asked", answer?: () => Promise<ConversationAnswer[]>) {
  const looks = { listed: 0, changed: 0 };
  const one = { id: "c", room: "!r", maskedNumber: "•••• 0141", ourNumber: "+1", consent };
  const conversations = () => {
    looks.listed += 1;
    return answer ? answer() : Promise.resolve([one]);
  };
  const made = new Facts({ conversations } as unknown as Api, () => (looks.changed += 1));
  return { made, looks };
}

const said = (who: Entry["who"], text: string): Entry => ({ key: "k", who, at: 0, body: { is: "text", text } });

describe("what is said in a room is a reason to look at all conversations", () => {
  it.each<[string, Entry["who"], Consent, number]>([
    ["STOP", "client", "not-asked", 1],
    [" stop ", "client", "opted-in", 1],
    ["Start", "client", "opted-out", 1],
    ["yes", "client", "asked", 1],
    ["Yes", "client", "not-asked", 0],
    ["ok", "client", "not-asked", 0],
    ["👍", "client", "not-asked", 0],
    ["Stop by at noon", "client", "not-asked", 0],
    ["STOP", "me", "not-asked", 0],
    ["Your message was not sent", "bot", "not-asked", 1],
  ])("%j of the %s, %s: %i", async (text, who, consent, more) => {
    const { made, looks } = facts(consent);
    made.seen(["!r"]);
    await vi.advanceTimersByTimeAsync(MINUTES_MS);
    made.said("!r", said(who, text));
    await vi.advanceTimersByTimeAsync(MINUTES_MS);
    expect(looks.listed).toBe(1 + more);
  });
});

describe("a look that fails", () => {
  it("is repeated, and no more once it is stopped", async () => {
    let fail: (why: Error) => void = () => {};
    const { made, looks } = facts("not-asked", () => new Promise((_, reject) => (fail = reject)));
    made.seen(["!r"]);
    await vi.advanceTimersByTimeAsync(2_000);
    fail(new Error("away"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(looks).toEqual({ listed: 2, changed: 1 });
    made.stop();
    fail(new Error("away"));
    await vi.advanceTimersByTimeAsync(MINUTES_MS);
    expect(looks).toEqual({ listed: 2, changed: 1 });
  });

  it("is not repeated where the employee is refused", async () => {
    const { made, looks } = facts("not-asked", () => Promise.reject(new ApiRefused(403, "Forbidden", "You have left.")));
    made.seen(["!r"]);
    await vi.advanceTimersByTimeAsync(MINUTES_MS);
    expect(looks.listed).toBe(1);
  });
});
