/** The words and marks that more than one screen uses. One voice: short, plain, saying what to do. */
import type { Connection, Consent, Conversation, Delivery, Kind, Problem } from "../model";
import type { IconName } from "./parts/icon";

export const KIND: Record<Kind, { badge: string; group: string }> = {
  sms: { badge: "SMS", group: "SMS" },
  team: { badge: "Team", group: "Team" },
};

export type Tone = "good" | "plain" | "warn" | "bad";

export const CONSENT: Record<Consent, { words: string; about: string; tone: Tone; icon: IconName }> = {
  "opted-in": { words: "Opted in", about: "The client agreed to be texted.", tone: "good", icon: "check" },
  "not-asked": { words: "Not asked", about: "The client has not been asked whether they want texts.", tone: "plain", icon: "dash" },
  "opted-out": { words: "Opted out", about: "The client does not want texts. They can text START to allow them again.", tone: "bad", icon: "stop" },
  "unknown-sender": { words: "Unknown sender", about: "Nobody at the firm has named this client yet.", tone: "warn", icon: "question" },
};

export interface Mark {
  words: string;
  icon: IconName;
  tone: Tone;
}

/** How a text stands, as mark and words. */
export function mark(delivery: Delivery, kind: Kind): Mark {
  switch (delivery.state) {
    case "queued":
      return { words: "Kept here, goes out by itself", icon: "tray", tone: "warn" };
    case "sending":
      return { words: "Sending", icon: "clock", tone: "plain" };
    case "with-firm":
      return { words: "With the firm", icon: "clock", tone: "plain" };
    case "sent":
      return { words: kind === "sms" ? "Sent to carrier" : "Sent", icon: "check", tone: "plain" };
    case "delivered":
      return { words: "Delivered", icon: "checks", tone: "good" };
    case "checking":
      return { words: "Checking whether it was sent", icon: "question", tone: "warn" };
    case "held":
      return { words: "Waiting for review", icon: "hand", tone: "warn" };
    case "failed":
      return { words: delivery.reason, icon: "cross", tone: "bad" };
  }
}

/** What the connection means for who writes; none while all is well. */
export const CONNECTION: Partial<Record<Connection, { words: string; icon: IconName; tone: Tone }>> = {
  connecting: { words: "Connecting. What you write is kept here and goes out by itself.", icon: "clock", tone: "plain" },
  offline: { words: "You are offline. What you write is kept here and goes out by itself.", icon: "cloud-off", tone: "warn" },
  "server-away": { words: "The firm’s chat server does not answer. What you write is kept here and goes out by itself.", icon: "cloud-off", tone: "warn" },
};

/** Why a conversation needs somebody, in two words. */
export function need(conversation: Conversation): string {
  if (conversation.invited) return "Invitation";
  return conversation.failed ? "Failed" : "Needs action";
}

/** Titles of problems stand as headings, too, without a full stop. */
export function sentence(title: string): string {
  return /[.!?…]$/.test(title) ? title : `${title}.`;
}

/** What went wrong, if whoever rejected said it in words; else words of our own. */
export function problem(why: unknown): Problem {
  if (typeof why === "object" && why !== null && "title" in why && "mend" in why) return why as Problem;
  return { title: "That did not work.", mend: "Try again. If it comes back, tell your administrator." };
}
