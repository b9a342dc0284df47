import { expect, test } from "vitest";
import type { Delivery, Entry } from "../../model";
import { days, lastOfMine, wordy } from "./group";

const MINUTE = 60_000;
const NOON = new Date(2026, 2, 10, 12).getTime();

let made = 0;
const entry = (who: Entry["who"], minutes: number, more: Partial<Entry> = {}): Entry => ({
  key: `${(made += 1)}`,
  who,
  at: NOON + minutes * MINUTE,
  body: { is: "text", text: "words" },
  ...more,
});

const shape = (entries: Entry[], newFrom?: string) =>
  days(entries, newFrom).map((d) => d.runs.map((r) => `${r.who}${r.entries.length}`).join(" "));

test("texts of one person close in time are one run", () => {
  expect(shape([entry("me", 0), entry("me", 4), entry("me", 8), entry("client", 9), entry("me", 10)])).toEqual(["me3 client1 me1"]);
  expect(shape([entry("me", 0), entry("me", 5)])).toEqual(["me1 me1"]);
});

test("colleagues are told apart", () => {
  expect(shape([entry("colleague", 0, { name: "Bob" }), entry("colleague", 1, { name: "Eve" })])).toEqual(["colleague1 colleague1"]);
});

test("notices and events stand alone", () => {
  const notice = () => entry("bot", 1, { body: { is: "notice", text: "no" } });
  expect(shape([entry("me", 0), notice(), notice(), entry("me", 2)])).toEqual(["me1 bot1 bot1 me1"]);
});

test("a run ends where the unread begins", () => {
  const [read, unread] = [entry("client", 0), entry("client", 1)];
  expect(shape([read, unread], unread.key)).toEqual(["client1 client1"]);
});

test("days by the calendar; a clock that went back opens none", () => {
  expect(shape([entry("me", -24 * 60), entry("me", 0)])).toEqual(["me1", "me1"]);
  expect(shape([entry("me", 0), entry("client", -24 * 60), entry("me", 1)])).toEqual(["me1 client1 me1"]);
});

test("words stand under the last of mine and under what is not through", () => {
  const states: Delivery[] = [
    { state: "delivered" },
    { state: "failed", reason: "no", canRetry: true },
    { state: "sending" },
    { state: "held" },
    { state: "sent" },
    { state: "delivered" },
  ];
  const mine = states.map((delivery, n) => entry("me", n, { delivery }));
  const all = [...mine, entry("client", 10)];
  const last = lastOfMine(all);
  expect(all.map((e) => wordy(e, last))).toEqual([false, true, true, true, false, true, false]);
});
