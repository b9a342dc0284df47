import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { cost, foreign } from "./segments";
import { substitute } from "./substitute";

interface Vector {
  name: string;
  text: string;
  transmitted: string;
  encoding: string;
  segments: number;
  left: number;
}

const VECTORS = new URL("../../../../crates/verbatim-domain/testdata/segments.json", import.meta.url);

describe("the server's vectors", () => {
  const vectors = JSON.parse(readFileSync(VECTORS, "utf8")) as Vector[];
  test("there are some of each kind", () => {
    const gsm = vectors.filter((v) => v.encoding === "GSM-7").length;
    expect(Math.min(gsm, vectors.length - gsm)).toBeGreaterThanOrEqual(20);
  });
  test.each(vectors)("$name", ({ text, transmitted, encoding, segments, left }) => {
    expect(substitute(text)).toBe(transmitted);
    const { units: _, ...seen } = cost(transmitted);
    expect(seen).toEqual({ encoding, segments, left });
  });
});

test("replacing is all or nothing", () => {
  expect(substitute("“Don’t” – said he…")).toBe('"Don\'t" - said he...');
  expect(substitute("Don’t 😀")).toBe("Don’t 😀");
  expect(substitute("crêpe – é")).toBe("crêpe – é");
  expect(substitute("• ﬁrst ﬂoor, oﬃce™\ufe0f")).toBe("* first floor, officeTM");
});

test("characters that cost the 7-bit alphabet are named once", () => {
  expect(foreign("plain é €")).toEqual([]);
  expect(foreign("“a” 😀😀 я")).toEqual(["“", "”", "😀", "я"]);
});
