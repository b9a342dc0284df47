import { DecryptionFailureCode as Code } from "matrix-js-sdk/lib/crypto-api";
import { expect, it } from "vitest";
import { whyUnreadable } from "./unreadable";

it("asks of me what I can do myself, of others what they can do", () => {
  const own = "You wrote this in a browser that does not have your recovery key. Enter the key there, and it can be read here.";
  expect(whyUnreadable(Code.UNSIGNED_SENDER_DEVICE, true)).toBe(own);
  expect(whyUnreadable(Code.UNSIGNED_SENDER_DEVICE)).toContain("Ask the sender to confirm their device.");
  expect(whyUnreadable(Code.MEGOLM_KEY_WITHHELD, true)).not.toMatch(/sender|them/);
});

it("says of the rest the same of both", () => {
  const code = Code.HISTORICAL_MESSAGE_NO_KEY_BACKUP;
  expect(whyUnreadable(code, true)).toBe(whyUnreadable(code));
});
