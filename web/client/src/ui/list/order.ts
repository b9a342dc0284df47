/** Which conversations the list shows, and in which order. */
import type { Conversation, Kind } from "../../model";

export type Filter = "all" | "sms" | "team" | "unread" | "action";

export const FILTERS: { id: Filter; words: string }[] = [
  { id: "all", words: "All" },
  { id: "sms", words: "SMS" },
  { id: "team", words: "Team" },
  { id: "unread", words: "Unread" },
  { id: "action", words: "Needs action" },
];

const KEEPS: Record<Filter, (c: Conversation) => boolean> = {
  all: () => true,
  sms: (c) => c.kind === "sms",
  team: (c) => c.kind === "team",
  unread: (c) => c.unread > 0,
  action: (c) => c.needsAction || c.invited,
};

export const keeps = (filter: Filter, c: Conversation) => KEEPS[filter](c);

export interface Group {
  kind: Kind;
  conversations: Conversation[];
}

/**
 * The two groups, each with what needs somebody first, then newest first. The open conversation stays in a
 * filter that it no longer fits: reading a text must not take it from under the reader's eyes.
 */
export function groups(all: Conversation[], filter: Filter, query: string, open?: string): Group[] {
  const words = fold(query).split(/\s+/).filter(Boolean);
  const shown = all.filter((c) => (keeps(filter, c) || (c.id === open && !words.length)) && matches(c, words));
  const of = (kind: Kind) => shown.filter((c) => c.kind === kind).sort(order);
  return [
    { kind: "sms" as const, conversations: of("sms") },
    { kind: "team" as const, conversations: of("team") },
  ].filter((group) => group.conversations.length > 0);
}

function order(a: Conversation, b: Conversation): number {
  const urgent = (c: Conversation) => Number(c.needsAction || c.invited);
  return urgent(b) - urgent(a) || (b.last?.at ?? 0) - (a.last?.at ?? 0) || a.name.localeCompare(b.name);
}

/** Every word somewhere in the name, the numbers, the last text or the draft. */
function matches(c: Conversation, words: string[]): boolean {
  if (words.length === 0) return true;
  const facts = c.sms?.facts;
  const text = fold([c.name, facts?.maskedNumber, facts?.ourNumber, c.last?.text, c.draft].join(" "));
  return words.every((word) => text.includes(word));
}

/** Without case and accents: "jose" finds "José". */
export function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}+/gu, "").toLowerCase();
}
