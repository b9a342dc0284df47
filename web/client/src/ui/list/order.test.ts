import { expect, test } from "vitest";
import type { Conversation } from "../../model";
import { type Filter, groups } from "./order";

const room = (id: string, more: Partial<Conversation> = {}): Conversation => ({
  id,
  kind: "sms",
  name: id,
  unread: 0,
  needsAction: false,
  invited: false,
  draft: "",
  members: 3,
  ...more,
});
const last = (at: number, text = "") => ({ last: { text, at, mine: false } });

const ALL = [
  room("old", last(1)),
  room("urgent", { ...last(2), needsAction: true }),
  room("new", { ...last(9), unread: 2 }),
  room("asked", { invited: true }),
  room("desk", { ...last(5), kind: "team", unread: 1 }),
  room("bob", { ...last(7), kind: "team" }),
];

function check(filter: Filter, query: string, expected: string, open?: string) {
  const shown = groups(ALL, filter, query, open).map((g) => `${g.kind}: ${g.conversations.map((c) => c.id).join(" ")}`);
  expect(shown.join("; ")).toBe(expected);
}

test("two groups, what needs somebody first, then the newest", () => {
  check("all", "", "sms: urgent asked new old; team: bob desk");
});

test("filters", () => {
  check("sms", "", "sms: urgent asked new old");
  check("team", "", "team: bob desk");
  check("unread", "", "sms: new; team: desk");
  check("action", "", "sms: urgent asked");
});

test("what is open stays when it is read, but not when one searches", () => {
  check("unread", "", "sms: new old; team: desk", "old");
  check("unread", "desk", "team: desk", "old");
});

test("search asks for every word, without case and accents", () => {
  const facts = { maskedNumber: "•••• 0142", ourNumber: "+14155550100", consent: "opted-in" as const };
  const jose = room("1", { name: "José Núñez", sms: { facts }, ...last(1, "Grüße aus Łódź") });
  const found = (query: string) => groups([jose], "all", query).length === 1;
  expect(["jose", "NUNEZ jo", "0142", "grusse", "gruße", "  "].map(found)).toEqual([true, true, true, false, true, true]);
  expect(found("jose 0143")).toBe(false);
});

test("drafts are found", () => {
  expect(groups([room("1", { draft: "Dear Anna" })], "all", "anna")).toHaveLength(1);
});

test("the given array is left as it was", () => {
  const before = ALL.map((c) => c.id);
  groups(ALL, "all", "");
  expect(ALL.map((c) => c.id)).toEqual(before);
});
