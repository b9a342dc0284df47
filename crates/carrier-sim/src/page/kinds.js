// The kinds of fault in plain words: what the carrier will do, and what else each can be told.

import { DELIVERY, code } from "./codes.js";

/** Fields: name in the control API, label, choices or `seconds` with the usual value. */
const CALLS = ["scope", "Calls", [["send", "sending"], ["read", "reading"], ["all", "both"]]];
const seconds = (label, usual) => ["delay_ms", label, usual];

export const GROUPS = [
  ["Delivery to phones", [
    ["delivery_failure", "Failed delivery", "Texts to phones do not arrive; an error code says why.",
      [["error_code", "Because", DELIVERY.map((number) => [String(number), code(number)])]]],
    ["slow_delivery", "Slow delivery", "Texts to phones wait before they are sent.", [seconds("Seconds", 10)]],
  ]],
  ["What the carrier tells the firm", [
    ["lost_receipts", "Lost receipts", "The firm is never told what became of its texts.", []],
    ["lost_inbound", "Lost texts", "The firm is not told of a client’s text; only its list has it.", []],
    ["duplicate_webhooks", "Duplicates", "Everything is told twice, at the same time.", []],
    ["reorder_callbacks", "Wrong order", "Receipts come late and backwards.", []],
    ["bad_signature", "Wrong signature", "What is told looks forged, and must be refused.", []],
  ]],
  ["Answers to the firm’s calls", [
    ["provider_down", "Out of service", "No call works until this is turned off.",
      [["drop", "By", [["false", "answering 503"], ["true", "cutting connections"]]]]],
    ["slow_answer", "Late answers", "Answers are right but late.", [seconds("Seconds", 3), CALLS]],
    ["too_many_requests", "Too many requests", "429: try later. The text is not sent.", [seconds("Seconds", 1), CALLS]],
    ["timeout_before", "Silence, not sent", "No answer, then a broken connection. The text is not sent.", [seconds("Seconds", 60), CALLS]],
    ["timeout_after", "Silence, but sent", "No answer, then a broken connection. The text is sent all the same.", [seconds("Seconds", 60)]],
    ["reset_before", "Cut off, not sent", "The connection breaks at once. The text is not sent.", [CALLS]],
    ["reset_after", "Cut off, but sent", "The connection breaks at once. The text is sent all the same.", []],
    ["server_error_before", "Server error, not sent", "500: something went wrong. The text is not sent.", [CALLS]],
    ["server_error_after", "Server error, but sent", "500: something went wrong. The text is sent all the same.", []],
    ["non_json", "Unreadable answer", "The text is sent, but the answer is a web page.", []],
  ]],
];

/** What a kind is called. */
export const NAMES = new Map(GROUPS.flatMap(([, kinds]) => kinds.map(([kind, name]) => [kind, name])));
