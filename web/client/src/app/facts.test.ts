import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Api, ApiRefused, type ConversationAnswer } from "../api/api";
import type { Consent, Entry } from "../model";
import { Facts } from "./facts";

const MINUTES_MS = 10 * 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Facts of one room, and how often they were asked for; a look at it finds what `now` says. */
function facts(consent: Consent = "not-asked", answer?: () => Promise<ConversationAnswer[]>, now: Consent = consent) {
  const looks = { listed: 0, placed: 0, changed: 0 };
  const one = { id: "c", room: "!r", maskedNumber: "•••• 0141", ourNumber: "+1", consent };
  const conversations = () => {
    looks.listed += 1;
    return answer ? answer() : Promise.resolve([one]);
  };
  const place = (id: string) => {
    looks.placed += 1;
    return Promise.resolve({ id, room: "!r", consent: now, disclosedAt: 5 });
  };
  const made = new Facts({ conversations, place } as unknown as Api, () => (looks.changed += 1));
  return { made, looks };
}

const said = (who: Entry["who"], text: string): Entry => ({ key: "k", who, at: 0, body: { is: "text", text } });

describe("what the bot says is a reason to look at its conversation, and at no other", () => {
  it.each<[string, Entry["who"], number]>([
    ["STOP", "client", 0],
    ["ok", "client", 0],
    ["STOP", "me", 0],
    ["Your client asked not to be texted", "bot", 1],
  ])("%j of the %s: %i", async (text, who, more) => {
    const { made, looks } = facts();
    made.seen(["!r"]);
    await vi.advanceTimersByTimeAsync(MINUTES_MS);
    made.said("!r", said(who, text));
    made.said("!r", said(who, text));
    await vi.advanceTimersByTimeAsync(MINUTES_MS);
    expect(looks).toMatchObject({ listed: 1, placed: more });
  });

  it("and changes what is known of it", async () => {
    const { made } = facts("not-asked", undefined, "opted-out");
    made.seen(["!r"]);
    await vi.advanceTimersByTimeAsync(MINUTES_MS);
    expect(made.of("!r")).toMatchObject({ facts: { consent: "not-asked" }, blocked: undefined });
    made.said("!r", said("bot", "Your client asked not to be texted"));
    await vi.advanceTimersByTimeAsync(MINUTES_MS);
    expect(made.of("!r").facts).toEqual({ maskedNumber: "•••• 0141", ourNumber: "+1", consent: "opted-out", disclosedAt: 5 });
    expect(made.of("!r").blocked).toMatch(/asked not to be texted/);
  });

  it("in a room that is not known it is a reason to look at all", async () => {
    const { made, looks } = facts();
    made.said("!other", said("bot", "This room texts"));
    await vi.advanceTimersByTimeAsync(MINUTES_MS);
    expect(looks).toMatchObject({ listed: 1, placed: 0 });
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
    expect(looks).toMatchObject({ listed: 2, changed: 1 });
    made.stop();
    fail(new Error("away"));
    await vi.advanceTimersByTimeAsync(MINUTES_MS);
    expect(looks).toMatchObject({ listed: 2, changed: 1 });
  });

  it("is not repeated where the employee is refused", async () => {
    const { made, looks } = facts("not-asked", () => Promise.reject(new ApiRefused(403, "Forbidden", "You have left.")));
    made.seen(["!r"]);
    await vi.advanceTimersByTimeAsync(MINUTES_MS);
    expect(looks.listed).toBe(1);
  });
});
