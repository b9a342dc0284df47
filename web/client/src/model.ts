/**
 * What the screens show and what they can ask for. Nothing here knows Matrix, the browser's stores or HTTP:
 * `matrix/` and `api/` fill it, `ui/` draws it, and tests of `ui/` use a world made of plain data.
 */
import type { ReadonlySignal } from "@preact/signals";

/** Where the application stands. One screen for each. */
export type Stage =
  | { at: "starting" }
  /** Another tab holds the keys of this account (two would corrupt them). */
  | { at: "open-elsewhere" }
  /** Another tab has taken over. */
  | { at: "moved" }
  /** `whose`: the name of who was signed in here until their login ran out, and alone can come back to it. */
  | { at: "sign-in"; why?: "expired" | "signed-out" | "removed"; whose?: string; error?: Problem; busy: boolean; ways: SignInWays }
  /** First device: the recovery key is shown once, and must be said to be kept. */
  | { at: "keep-recovery-key"; recoveryKey: string; busy: boolean; error?: Problem }
  /** A later device, or a browser that was wiped: older texts need the recovery key or another device. */
  | { at: "recover"; busy: boolean; error?: Problem }
  /** The recovery key is lost: what it means to make the account's keys anew. */
  | { at: "lost-key"; busy: boolean; error?: Problem }
  /** This browser has the account's keys: what it means to make another recovery key for them. */
  | { at: "new-key"; busy: boolean; error?: Problem }
  /** The homeserver wants to know who asks before keys are replaced: by password, or on a page of its own. */
  | { at: "confirm"; password: boolean; page?: string; busy: boolean; error?: Problem }
  | { at: "ready" }
  /** Being signed out. */
  | { at: "leaving" }
  /** Nothing works, and what to do about it. */
  | { at: "broken"; problem: Problem };

/** How one can sign in; from the homeserver. */
export interface SignInWays {
  password: boolean;
  sso: { id: string; name: string }[];
}

/** What went wrong, in words that say what to do. */
export interface Problem {
  title: string;
  mend: string;
  /** For who is asked for help: never keys, texts or numbers. */
  detail?: string;
}

/** The line to the homeserver. */
export type Connection = "connecting" | "online" | "offline" | "server-away";

export interface Me {
  userId: string;
  name: string;
  firm: string;
  /** The employee's numbers, E.164, from which texts go out; none while our API has not said. */
  numbers?: { id: string; number: string }[];
  /** Characters that a text may have, at most. */
  maxChars: number;
  /** Of numbers that are typed without a country, such as "US". */
  region: string;
}

export type Kind = "sms" | "team";

export type Consent = "opted-in" | "not-asked" | "opted-out" | "unknown-sender";

/** What happened to a text on its way to the phone. See docs: facts, "Words and marks". */
export type Delivery =
  /** Not with the homeserver yet: it waits here, and is kept if the tab dies. */
  | { state: "queued" }
  /** The homeserver has it. */
  | { state: "sending" }
  /** The firm went on to later texts; what became of this one is not said (yet). */
  | { state: "with-firm" }
  | { state: "sent" }
  | { state: "delivered" }
  | { state: "checking" }
  | { state: "held" }
  /** `canDiscard`: it is here only and can be taken away; what the room has stays. */
  | { state: "failed"; reason: string; canRetry: boolean; canDiscard?: boolean };

export interface Entry {
  /** Stable from local echo to event. */
  key: string;
  who: "me" | "client" | "colleague" | "bot" | "system";
  /** A name, where it is not me. */
  name?: string;
  at: number;
  body:
    | { is: "text"; text: string; edited?: boolean }
    | { is: "notice"; text: string; about?: string }
    | { is: "unreadable"; why: string }
    | { is: "media"; name: string }
    | { is: "event"; text: string };
  /** Only of my texts in SMS conversations; team texts have queued, sending, sent and failed. */
  delivery?: Delivery;
}

/** A room. */
export interface Conversation {
  id: string;
  kind: Kind;
  name: string;
  unread: number;
  /**
   * For the list: what was said last; of a notice that says how a text stands, that text. `at` is of whatever
   * happened last, also of a notice about no text.
   */
  last?: { text: string; at: number; mine: boolean; delivery?: Delivery };
  /** My latest text failed. */
  failed?: boolean;
  /** A text failed, a client waits for an answer for long, or the room needs to be joined. */
  needsAction: boolean;
  /** Not joined yet. */
  invited: boolean;
  /** A text that was typed and not sent. */
  draft: string;
  sms?: SmsFacts;
  members: number;
  /** Whether what is written here is encrypted for its members; none while that is not known. */
  encrypted?: boolean;
}

export interface SmsFacts {
  /** From our API; none until it has answered. */
  facts?: {
    /** The client's number, all but the last four digits masked. */
    maskedNumber: string;
    /** Ours, E.164. */
    ourNumber: string;
    consent: Consent;
    /** When the client was told whom they text with and that it is recorded; Unix ms. */
    disclosedAt?: number;
  };
  /** Our API does not answer, so there are no facts for now; texts go on. */
  factsAway?: boolean;
  /** Why nothing can be sent here now, if nothing can. */
  blocked?: string;
}

/** What the server says of a text before it is sent. */
export interface Check {
  encoding: "GSM-7" | "UCS-2";
  segments: number;
  problems: string[];
}

/** Everything that a screen can ask for. Each promise resolves when it is done; a rejection is a {@link Problem}. */
export interface World {
  stage: ReadonlySignal<Stage>;
  connection: ReadonlySignal<Connection>;
  me: ReadonlySignal<Me | undefined>;
  /** Why our API serves this account no more, if it does not. */
  refused: ReadonlySignal<Problem | undefined>;
  /** All, newest first. A new array whenever anything in it has changed. */
  conversations: ReadonlySignal<Conversation[]>;
  /** Of the open conversation, oldest first. */
  timeline: ReadonlySignal<{ id: string; entries: Entry[]; more: boolean; loading: boolean } | undefined>;

  signIn(user: string, password: string): Promise<void>;
  /** Leaves the page, to come back signed in. */
  signInBySso(provider: string): void;
  /**
   * Before one signs out: sees that the keys of all texts are in the backup, where one's next browser finds
   * them. Whether they are, after some seconds at most.
   */
  saveKeys(): Promise<boolean>;
  /** Wipes everything of this account from this browser; at the sign-in page, of whose login ran out. */
  signOut(): Promise<void>;
  /** Takes over from the other tab. */
  useHere(): Promise<void>;
  /** The recovery key is kept. */
  keyIsKept(): Promise<void>;
  recover(recoveryKey: string): Promise<void>;
  /** Goes on without older texts. */
  skipRecovery(): void;
  /** From the running client to what can be done about the recovery key. */
  toRecoveryKey(): void;
  /** At the door: the recovery key is lost. */
  lostKey(): void;
  /** Makes a new recovery key; the account's keys too, where this browser does not have them. What fails, the stage says. */
  newKey(): Promise<void>;
  /** Answers the homeserver: by password, or that it was confirmed on its page. */
  confirm(password?: string): void;
  /** Leaves the page on which one is, with nothing changed. */
  back(): void;

  open(conversation: string | undefined): void;
  /** Loads older entries of the open conversation. */
  older(): Promise<void>;
  /** Keeps the text on the disk of this browser (encrypted) before it returns. */
  draft(conversation: string, text: string): void;
  /** Resolves once the text is kept here; it goes out when it can. */
  send(conversation: string, text: string): Promise<void>;
  retry(conversation: string, entryKey: string): Promise<void>;
  discard(conversation: string, entryKey: string): Promise<void>;
  read(conversation: string): void;
  accept(conversation: string): Promise<void>;

  /** Asks our API who I am, unless it has said so already. */
  learn(): Promise<void>;
  /** What the firm's rules say of a text in the open conversation, or to a number that is being typed, from one of mine. */
  check(text: string, to?: string, from?: string): Promise<Check>;
  /** Begins a conversation from one of my numbers (E.164) or finds the one there is; its id. */
  start(number: string, name: string | undefined, from: string | undefined): Promise<string>;
}
