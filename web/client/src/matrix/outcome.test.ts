import { describe, expect, it } from "vitest";
import { outcomeOf } from "./outcome";

describe("what an error means for a text", () => {
  const table: [string, unknown, object][] = [
    ["signed out", { httpStatus: 401, errcode: "M_UNKNOWN_TOKEN" }, { is: "stopped" }],
    ["asked to wait", { httpStatus: 429, errcode: "M_LIMIT_EXCEEDED", data: { retry_after_ms: 7 } }, { is: "away", waitMs: 7, notTaken: true }],
    ["restarting", { httpStatus: 502 }, { is: "away" }],
    ["no line", { name: "ConnectionError" }, { is: "away" }],
    ["no answer", new DOMException("slow", "TimeoutError"), { is: "away" }],
    ["not allowed", { httpStatus: 403, errcode: "M_FORBIDDEN" }, { is: "refused", canRetry: true }],
    ["too large", { httpStatus: 413, errcode: "M_TOO_LARGE" }, { is: "refused", canRetry: false }],
    ["not understood", { httpStatus: 400, errcode: "M_BAD_JSON" }, { is: "refused", canRetry: true }],
    ["not encrypted", new Error("no session"), { is: "refused", canRetry: true }],
    ["nothing at all", undefined, { is: "refused", canRetry: true }],
    ["a proxy that knows no such page", { httpStatus: 404 }, { is: "away" }],
  ];
  it.each(table)("%s", (_name, error, expected) => expect(outcomeOf(error, false)).toMatchObject(expected));

  it("an answer that cannot be read is no refusal once the text was ready to go", () => {
    expect(outcomeOf(new SyntaxError("Unexpected end of JSON input"), true)).toEqual({ is: "away" });
    expect(outcomeOf({ httpStatus: 403, errcode: "M_FORBIDDEN" }, true)).toMatchObject({ is: "refused" });
  });
});
