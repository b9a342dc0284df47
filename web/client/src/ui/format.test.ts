import { expect, test } from "vitest";
import { count, dayTitle, daysAgo, inFours, initials, listTime, phoneNumber } from "./format";

const NOW = new Date(2026, 2, 10, 14, 32).getTime();
const at = (month: number, day: number, hour = 9, year = 2026) => new Date(year, month - 1, day, hour).getTime();

test("days are counted by the calendar, not by hours", () => {
  expect(daysAgo(at(3, 10, 0), NOW)).toBe(0);
  expect(daysAgo(at(3, 9, 23), NOW)).toBe(1);
  // Over the night in which clocks change, wherever they do.
  expect(daysAgo(at(3, 1), at(4, 1))).toBe(31);
  expect(daysAgo(at(10, 1), at(11, 30))).toBe(60);
});

test("times in the list get shorter the older they are", () => {
  expect(listTime(at(3, 10, 9), NOW)).toMatch(/^0?9:00/);
  expect(listTime(at(3, 9), NOW)).toBe("Yesterday");
  expect(listTime(at(3, 5), NOW)).toBe("Thursday");
  expect(listTime(at(3, 3), NOW)).toMatch(/3 Mar|Mar 3/);
  expect(listTime(at(12, 24, 9, 2025), NOW)).toMatch(/25$/);
});

test("a clock that runs ahead shows a time, not a day to come", () => {
  expect(listTime(at(3, 11), NOW)).toMatch(/9:00/);
});

test("days have names", () => {
  expect(dayTitle(at(3, 10), NOW)).toBe("Today");
  expect(dayTitle(at(3, 9), NOW)).toBe("Yesterday");
  expect(dayTitle(at(3, 2), NOW)).toMatch(/Monday/);
  expect(dayTitle(at(3, 2, 9, 2024), NOW)).toMatch(/2024/);
});

test("numbers have gaps", () => {
  expect(phoneNumber("+14155550100")).toBe("+1 415 555 0100");
  expect(phoneNumber("+442079460123")).toBe("+44 207 946 0123");
  expect(phoneNumber("+4930123456")).toBe("+49 301 234 56");
  expect(phoneNumber("odd")).toBe("odd");
});

test("initials are letters only", () => {
  expect(initials("Jane Whitfield (SMS)")).toBe("JW");
  expect(initials("María José Fernández")).toBe("MF");
  expect(initials("łukasz")).toBe("Ł");
  expect(initials("•••• 0164 (SMS)")).toBe("");
  expect(initials("")).toBe("");
});

test("a key comes in fours, however it was spaced", () => {
  expect(inFours("EsTc LW2KPW\niF")).toEqual(["EsTc", "LW2K", "PWiF"]);
  expect(inFours("abcde")).toEqual(["abcd", "e"]);
  expect(inFours("  ")).toEqual([]);
});

test("one and many", () => {
  expect([count(1, "text"), count(0, "text"), count(2, "reply", "replies")]).toEqual(["1 text", "0 texts", "2 replies"]);
});
