import { describe, expect, it } from "vitest";
import type { Entry } from "../model";
import { connectionOf } from "./connection";
import { withoutQuotation } from "./event";
import { hasFailed, lastOf, needsAction, unreadAfter } from "./summary";

describe("the line", () => {
  it.each([
    ["SYNCING", false, true, "online"],
    ["PREPARED", false, true, "online"],
    ["PREPARED", true, true, "connecting"],
    ["RECONNECTING", false, true, "server-away"],
    ["ERROR", false, true, "server-away"],
    ["CATCHUP", false, true, "connecting"],
    [null, false, true, "connecting"],
    ["SYNCING", false, false, "offline"],
  ] as const)("%s, from disk %s, browser on %s: %s", (sync, disk, on, expected) => {
    expect(connectionOf(sync, disk, on)).toBe(expected);
  });
});

describe("quotations of old clients", () => {
  it.each([
    ["> <@a:x> hello\n> you\n\nyes", true, "yes"],
    ["> a quote of my own", false, "> a quote of my own"],
    ["yes", true, "yes"],
  ])("%j", (body, isReply, expected) => expect(withoutQuotation(body, isReply)).toBe(expected));
});

describe("a room on the list", () => {
  const entry = (who: Entry["who"], at: number, more: Partial<Entry> = {}): Entry => ({
    key: `${at}`,
    who,
    at,
    body: { is: "text", text: `${who} ${at}` },
    ...more,
  });
  const failed = { state: "failed", reason: "no", canRetry: true } as const;

  it("counts what others wrote after the last look", () => {
    const entries = [entry("client", 1), entry("me", 2), entry("client", 3), entry("bot", 4), entry("client", 5)];
    expect(unreadAfter(entries, 2)).toBe(2);
    expect(unreadAfter(entries, 5)).toBe(0);
  });

  it("shows the last thing said", () => {
    const entries = [entry("client", 1), entry("system", 2, { body: { is: "event", text: "x joined" } })];
    expect(lastOf(entries)).toMatchObject({ text: "client 1", mine: false });
    expect(lastOf([])).toBeUndefined();
  });

  const mine = (state: "failed" | "delivered") => entry("me", 1, { delivery: state === "failed" ? failed : { state } });
  const notice = (text: string, about?: string) => entry("bot", 9, { body: { is: "notice", text, about } });
  const NOT_DELIVERED = "Your message was not delivered: the number is not in service.";

  it.each<[string, Entry[], object]>([
    ["how a text of mine stands", [mine("failed"), notice(NOT_DELIVERED, "1")], { text: "me 1", at: 9, mine: true, delivery: failed }],
    ["even after the client's", [mine("failed"), entry("client", 2), notice(NOT_DELIVERED, "1")], { text: "me 1", mine: true, delivery: failed }],
    ["that it went after all", [mine("delivered"), notice("It was delivered.", "1")], { text: "me 1", mine: true, delivery: { state: "delivered" } }],
    ["something else about a text", [mine("delivered"), notice("Your edit was not sent.", "1")], { text: "Your edit was not sent.", mine: false }],
    ["about a text that is not loaded", [entry("client", 2), notice(NOT_DELIVERED, "0")], { text: NOT_DELIVERED, mine: false }],
    ["something about no text", [entry("client", 2), notice("The client gets this first.")], { text: "client 2", at: 9, mine: false }],
    ["something before anybody has", [notice("This room texts a client.")], { text: "This room texts a client.", mine: false }],
    ["about nothing", [mine("failed"), notice(NOT_DELIVERED)], { text: NOT_DELIVERED, mine: false }],
  ])("a notice that says %s", (_name, entries, shown) => {
    expect(lastOf(entries)).toMatchObject(shown);
  });

  it("has failed until something of mine comes after", () => {
    expect(hasFailed([mine("failed"), entry("client", 2), notice(NOT_DELIVERED, "1")])).toBe(true);
    expect(hasFailed([mine("failed"), entry("me", 2, { delivery: { state: "sent" } })])).toBe(false);
    expect(hasFailed([])).toBe(false);
  });

  it.each([
    ["a text failed", [entry("me", 1, { delivery: failed })], 2, true],
    ["a later one went", [entry("me", 1, { delivery: failed }), entry("me", 2, { delivery: { state: "sent" } })], 3, false],
    ["the client just wrote", [entry("client", 1)], 60_000, false],
    ["the client waits", [entry("client", 1)], 3_600_000, true],
    ["answered", [entry("client", 1), entry("me", 2, { delivery: { state: "sent" } })], 3_600_000, false],
  ] as [string, Entry[], number, boolean][])("needs action: %s", (_name, entries, now, expected) => {
    expect(needsAction(entries, "sms", now)).toBe(expected);
  });
});
