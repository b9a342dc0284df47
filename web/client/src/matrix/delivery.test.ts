import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Delivery } from "../model";
import { PHRASES, type Said, delivery } from "./delivery";

const nothing: Said = { statuses: [], notices: [], botRead: "no", standInRead: false };
const success = { status: "SUCCESS", deliveredTo: [] };
const delivered = { status: "SUCCESS", deliveredTo: ["@sms_1:x"] };
const retriable = "Your message was not delivered: the client's phone or network did not take it. " +
  "The phone may be off. Write it again later, or reach the client another way.";
const unconfirmed = "Your message may not have been sent: the carrier has not confirmed it. It is being checked; " +
  "please do not write it again yet.";
const uncertain = "Your message may not have been sent: the carrier reported a failure. " +
  "Ask the client before you write it again.";
const barred = "Your message was not sent: the client asked not to be texted. Reach them another way; " +
  "they can text START to allow it again.";
const tooOld = "Your message was not sent: it arrived here too late, and sending it now could mislead. " +
  "Write it again if it still holds.";
const waiting = "Your message was not sent yet: its key has not arrived. Keep your client open and online. " +
  "If it becomes readable soon, it goes out by itself.";
const gap = "Your message was not sent: its key has not arrived. Keep your client open and online. Then write it again.";
const late = "Your message became readable only after you had been asked to write it again. It is recorded, and it was not sent.";

const failed = (reason: string, canRetry: boolean): Delivery => ({ state: "failed", reason, canRetry });

const table: [name: string, said: Partial<Said>, expected: Delivery][] = [
  ["nothing is said", {}, { state: "sending" }],
  ["the bot read it", { botRead: "this" }, { state: "sent" }],
  ["the bot read a later text", { botRead: "later" }, { state: "with-firm" }],
  ["held, and a later one went", { statuses: [{ status: "PENDING", reason: "m.no_permission" }], botRead: "later" }, { state: "held" }],
  ["checked, and a later one went", { notices: [unconfirmed], botRead: "later" }, { state: "checking" }],
  ["not readable yet, and a later one went", { notices: [waiting], botRead: "later" }, { state: "sending" }],
  ["sent by notice, and a later one went", { notices: ["It was sent."], botRead: "later" }, { state: "sent" }],
  ["success, delivery to be told", { statuses: [success] }, { state: "sent" }],
  ["success with somebody", { statuses: [delivered] }, { state: "delivered" }],
  ["the stand-in read it", { botRead: "this", standInRead: true }, { state: "delivered" }],
  ["delivered, then an older word", { statuses: [delivered, { status: "PENDING" }] }, { state: "delivered" }],
  ["outcome not known", { statuses: [{ status: "PENDING", reason: "m.foreign_network_error" }] }, { state: "checking" }],
  ["outcome not known, by notice", { notices: [unconfirmed] }, { state: "checking" }],
  ["corrected", { notices: ["It was sent."] }, { state: "sent" }],
  ["corrected further", { notices: ["It was delivered."] }, { state: "delivered" }],
  ["checked, then read", { notices: [unconfirmed], botRead: "this" }, { state: "sent" }],
  ["held for a person", { statuses: [{ status: "PENDING", reason: "m.no_permission" }] }, { state: "held" }],
  ["held, then sent", { statuses: [{ status: "PENDING", reason: "m.no_permission" }], botRead: "this" }, { state: "sent" }],
  ["not readable yet", { notices: [waiting] }, { state: "sending" }],
  ["never readable", { notices: [gap] }, failed(gap, true)],
  ["readable too late", { notices: [late] }, failed(late, true)],
  ["too old", { notices: [tooOld] }, failed(tooOld, true)],
  ["refused, by notice", { notices: [barred] }, failed(barred, false)],
  ["failed, may be tried again", { statuses: [{ status: "FAIL_RETRIABLE", message: retriable }] }, failed(retriable, true)],
  ["failed for good", { statuses: [{ status: "FAIL_PERMANENT", message: barred }], notices: [barred] }, failed(barred, false)],
  ["the client may have it: no retry", { statuses: [{ status: "FAIL_RETRIABLE", message: uncertain }] }, failed(uncertain, false)],
  ["read, then failed at the phone", { botRead: "this", notices: [retriable] }, failed(retriable, true)],
  ["failed while a later one was sent", { botRead: "later", notices: [barred] }, failed(barred, false)],
  ["an unknown status", { statuses: [{ status: "WHO_KNOWS" }] }, { state: "sending" }],
  ["an unknown notice", { notices: ["Good morning."] }, { state: "sending" }],
];

describe("delivery", () => {
  it.each(table)("%s", (_name, said, expected) => {
    expect(delivery({ ...nothing, ...said })).toEqual(expected);
  });

  it("never shows as sent what nobody said was sent", () => {
    const silent = table.filter(([, said]) => said.botRead !== "this" && !said.statuses && !said.notices && !said.standInRead);
    for (const [, said] of silent) expect(["sending", "with-firm"]).toContain(delivery({ ...nothing, ...said }).state);
  });
});

describe("the server's words", () => {
  const source = ["verbatim-domain/src/notice.rs", "verbatim-engine/src/show.rs"]
    .map((file) => readFileSync(new URL(`../../../../crates/${file}`, import.meta.url), "utf8"))
    .join("\n")
    .replaceAll(/\\\n\s*/g, "");
  // These are put together from parts there: "Your message {not} {verb}".
  const composed: Record<string, string> = {
    [PHRASES.uncertain]: "may not have been",
    [PHRASES.not]: "Your message {not} {verb}",
  };
  const phrases = Object.values(PHRASES).flat();
  it.each(phrases)("still has “%s”", (phrase) => {
    expect(source).toContain(composed[phrase] ?? phrase);
  });
});
