import { expect, test } from "vitest";
import { typed } from "./number";

test("what can be said of a number while it is typed", () => {
  expect(["", "  ", "415", "+1 (415) 555-0142", "0041.44.668.18.00", "Jane", "1+2345678", "1".repeat(18)].map(typed)).toEqual([
    "empty",
    "empty",
    "short",
    "askable",
    "askable",
    "letters",
    "letters",
    "long",
  ]);
});
