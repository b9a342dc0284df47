/**
 * What the room says about one of my texts on its way to the phone, as the mark that is shown for it.
 *
 * The bot says it in three ways, all of which any client gets; each is believed only from the bot (or the
 * stand-in) and, where it is an event, only if it came encrypted:
 *
 * - its read receipt: the carrier has the text. One receipt is all there is of it, on the latest: of an
 *   earlier text that nothing else is said about it tells only that the firm is past it, not what became of it;
 * - a status event (`com.beeper.message_send_status`);
 * - a notice that answers the text, edited as things change.
 *
 * The stand-in's receipt means delivered, and only for the very text that it names: a phone may get the
 * second text and never the first.
 *
 * What is said is weighed by how far it says that the text has come, as the server's own states are: a
 * late word never moves a text backwards. Where nothing is said, the text is shown as with the homeserver
 * and no further.
 */
import type { Delivery } from "../model";

/** A status event about the text. */
export interface Status {
  status: string;
  reason?: string;
  /** Words for the employee. */
  message?: string;
  deliveredTo?: string[];
}

/** All that was said about one text. */
export interface Said {
  /** Status events, oldest first. */
  statuses: Status[];
  /** The present words of the bot's notices that answer the text, oldest first. */
  notices: string[];
  /** How far the bot has read: this text, a later one, or neither. */
  botRead: "this" | "later" | "no";
  /** Whether the stand-in has read this very text. */
  standInRead: boolean;
}

/** How far a text has come. Everything final shares the last rank. */
const RANK = { sending: 1, checking: 4, told: 5, sent: 6, final: 7 } as const;

interface Word {
  rank: number;
  delivery: Delivery;
}

/** What is known of a text that the homeserver has. */
export function delivery(said: Said): Delivery {
  const words: Word[] = [];
  if (said.botRead === "this") words.push({ rank: RANK.sent, delivery: { state: "sent" } });
  if (said.standInRead) words.push({ rank: RANK.final, delivery: { state: "delivered" } });
  for (const notice of said.notices) push(words, ofNotice(notice));
  for (const status of said.statuses) push(words, ofStatus(status));
  if (words.length === 0) return { state: said.botRead === "later" ? "with-firm" : "sending" };
  return words.reduce((best, word) => (word.rank >= best.rank ? word : best)).delivery;
}

function push(words: Word[], word: Word | undefined) {
  if (word) words.push(word);
}

function ofStatus({ status, reason, message, deliveredTo }: Status): Word | undefined {
  switch (status) {
    case "SUCCESS":
      return deliveredTo && deliveredTo.length > 0
        ? { rank: RANK.final, delivery: { state: "delivered" } }
        : { rank: RANK.sent, delivery: { state: "sent" } };
    case "PENDING":
      // A rule, or a person, has to decide: the text is recorded and has not left.
      if (reason === "m.no_permission") return { rank: RANK.checking, delivery: { state: "held" } };
      return { rank: RANK.checking, delivery: { state: "checking" } };
    case "FAIL_RETRIABLE":
    case "FAIL_PERMANENT":
      return failed(message ?? "It was not sent.", status === "FAIL_RETRIABLE");
    default:
      return undefined;
  }
}

/**
 * The server's words (`verbatim-domain`, `notice.rs`), of which only these beginnings are relied on; a test
 * holds them against that file. Other notices say nothing about how the text stands.
 */
export const PHRASES = {
  notYet: "Your message was not sent yet",
  beingChecked: "It is being checked",
  uncertain: "Your message may not have been",
  not: "Your message was not",
  undelivered: "Your reply was not sent",
  late: "Your message became readable only after",
  sent: "It was sent.",
  delivered: "It was delivered.",
  /** What the sender is told to do, where writing it again as it is can help. */
  again: ["write it again", "Write it again"],
  ask: "Ask the client before you write it again",
} as const;

/** Whether a notice says how a text stands. */
export function tells(notice: string): boolean {
  return ofNotice(notice) !== undefined;
}

function ofNotice(words: string): Word | undefined {
  if (words === PHRASES.delivered) return { rank: RANK.final, delivery: { state: "delivered" } };
  if (words === PHRASES.sent) return { rank: RANK.told, delivery: { state: "sent" } };
  if (words.startsWith(PHRASES.notYet)) return { rank: RANK.sending, delivery: { state: "sending" } };
  if (words.startsWith(PHRASES.uncertain)) {
    if (words.includes(PHRASES.beingChecked)) return { rank: RANK.checking, delivery: { state: "checking" } };
    return failed(words, false);
  }
  const not = [PHRASES.not, PHRASES.undelivered, PHRASES.late].some((phrase) => words.startsWith(phrase));
  if (!not) return undefined;
  return failed(words, PHRASES.again.some((phrase) => words.includes(phrase)));
}

/**
 * Sending again is offered only where the server says that it can help, and never where the client may
 * have got the text already: then a person has to ask first.
 */
function failed(reason: string, retriable: boolean): Word {
  const certain = !reason.startsWith(PHRASES.uncertain) && !reason.includes(PHRASES.ask);
  return { rank: RANK.final, delivery: { state: "failed", reason, canRetry: retriable && certain } };
}
