/** Every stage and state that a picture is taken of. */
import type { Problem, Stage } from "../src/model";
import { CONVERSATIONS, KEY, longTalk, many } from "./data";
import { type Given } from "./world";

export interface State extends Given {
  /** The name of the conversation to open. */
  open?: string;
}

const WAYS = { password: true, sso: [] };
const SSO = { password: true, sso: [{ id: "oidc", name: "Acme single sign-on" }] };
const WRONG: Problem = { title: "Name or password is wrong.", mend: "Check both and try again." };

const stage = (given: Stage): State => ({ stage: given });
const drafted = (id: string, draft: string) => CONVERSATIONS.map((c) => (c.id === id ? { ...c, draft, unread: 0 } : c));

export const STATES: Record<string, State> = {
  starting: stage({ at: "starting" }),
  leaving: stage({ at: "leaving" }),
  "sign-in": stage({ at: "sign-in", busy: false, ways: WAYS }),
  "sign-in-sso": stage({ at: "sign-in", why: "signed-out", busy: false, ways: SSO }),
  "sign-in-expired": stage({ at: "sign-in", why: "expired", whose: "alice", busy: false, ways: { password: false, sso: SSO.sso } }),
  "sign-in-wrong": stage({ at: "sign-in", error: WRONG, busy: false, ways: WAYS }),
  "keep-recovery-key": stage({ at: "keep-recovery-key", recoveryKey: KEY, busy: false }),
  recover: stage({ at: "recover", busy: false }),
  "recover-wrong": stage({ at: "recover", busy: false, error: { title: "This is not your recovery key.", mend: "Check each group of four, capital letters too." } }),
  "lost-key": stage({ at: "lost-key", busy: false }),
  "lost-key-failed": stage({ at: "lost-key", busy: false, error: { title: "The chat server does not answer", mend: "Check your network, then try again." } }),
  "new-key": stage({ at: "new-key", busy: false }),
  confirm: stage({ at: "confirm", password: true, busy: false }),
  "confirm-there": stage({ at: "confirm", password: false, page: "https://matrix.acme.example/confirm", busy: false }),
  "confirm-either": stage({
    at: "confirm",
    password: true,
    page: "https://matrix.acme.example/confirm",
    busy: false,
    error: { title: "The password is wrong", mend: "Check it and try again." },
  }),
  "open-elsewhere": stage({ at: "open-elsewhere" }),
  moved: stage({ at: "moved" }),
  broken: stage({
    at: "broken",
    problem: { title: "Verbatim cannot open its storage", mend: "Leave private browsing, or let this page keep data, and try again.", detail: "IndexedDB: open refused (SecurityError)\nverbatim-client 0.1.0" },
  }),
  empty: { conversations: [] },
  list: {},
  sms: { open: "Jane Whitfield" },
  "sms-short": { open: "Robert Okafor" },
  "sms-failed": { open: "María José" },
  "sms-states": { open: "Tom Barrow" },
  "sms-unreadable": { open: "Ahmed Haddad" },
  "sms-opted-out": { open: "Lee Chang" },
  "sms-invited": { open: "Grace Adeyemi" },
  "sms-looking-up": { open: "Jane Whitfield", conversations: CONVERSATIONS.map((c) => (c.id === "jane" ? { ...c, sms: {} } : c)) },
  "sms-facts-away": { open: "Jane Whitfield", conversations: CONVERSATIONS.map((c) => (c.id === "jane" ? { ...c, sms: { factsAway: true } } : c)) },
  "sms-draft": { open: "Robert Okafor", conversations: drafted("robert", "Good afternoon Robert – the statement’s ready.\nI can’t guarantee the post will be quick, so I’d rather send it today.") },
  "sms-unicode": { open: "Robert Okafor", conversations: drafted("robert", "Dear Robert, the papers for Łódź are here 🎉 and I will have them brought to you this afternoon.") },
  "sms-too-long": { open: "Robert Okafor", conversations: drafted("robert", "All the figures that you asked for. ".repeat(46)) },
  "sms-long-talk": { open: "Jane Whitfield", entries: () => longTalk(360, 400), older: () => longTalk(320, 360) },
  team: { open: "Private clients desk" },
  offline: { connection: "offline", open: "Tom Barrow" },
  "server-away": { connection: "server-away", open: "Jane Whitfield" },
  many: { conversations: [...CONVERSATIONS, ...many(300)] },
  new: {},
  "new-known": {},
  "new-wrong": {},
  "sign-out": {},
  "sign-out-unsaved": { keysSaved: () => false },
  keyboard: {},
  menu: {},
  search: {},
  "search-nothing": {},
  "needs-action": {},
  "by-keyboard": {},
};
