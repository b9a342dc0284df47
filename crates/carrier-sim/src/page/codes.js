// The provider's error codes in plain words.

const CODES = {
  20001: "a value is out of range",
  21211: "not a number to send to",
  21212: "not a number to send from",
  21266: "sender and receiver are the same",
  21602: "no text",
  21603: "no sender",
  21604: "no receiver",
  21609: "not an address for callbacks",
  21610: "the client opted out",
  21617: "the text is too long",
  21620: "media are not taken",
  21659: "the sender is no number of the firm",
  30003: "the phone cannot be reached",
  30004: "the phone blocks the sender",
  30005: "the number does not exist",
  30006: "a landline takes no texts",
  30007: "filtered out as spam",
  30008: "the network gave no reason",
  30036: "waited too long",
};

/** The codes that a failed delivery can be given. */
export const DELIVERY = [30003, 30004, 30005, 30006, 30007, 30008];

/** The code with its words, where it has some. */
export function code(number) {
  if (!number) return "no code";
  return CODES[number] ? `${number}: ${CODES[number]}` : `error ${number}`;
}
