/** A world of plain data that answers as the real one does, without a homeserver. */
import { signal } from "@preact/signals";
import type { Check, Connection, Conversation, Entry, Me, Problem, Stage, World } from "../src/model";
import { cost } from "../src/sms/segments";
import { substitute } from "../src/sms/substitute";
import { CONVERSATIONS, KEY, ME, NOW, timelineOf } from "./data";

export interface Given {
  stage?: Stage;
  connection?: Connection;
  me?: Me;
  /** What our API says once it is asked who I am. */
  learned?: Me;
  refused?: Problem;
  conversations?: Conversation[];
  entries?: (c: Conversation) => Entry[];
  /** Entries that `older` brings, oldest last pages last. */
  older?: () => Entry[];
  /** Whether all keys come to be in the backup. */
  keysSaved?: () => boolean | Promise<boolean>;
  /** What every request is answered with. */
  fails?: unknown;
}

export type FakeWorld = World & { arrive(conversation: string, entry: Entry): void; asked: string[] };

export function fakeWorld(given: Given = {}): FakeWorld {
  const stage = signal<Stage>(given.stage ?? { at: "ready" });
  const conversations = signal<Conversation[]>(given.conversations ?? CONVERSATIONS);
  const timeline = signal<World["timeline"]["value"]>(undefined);
  const asked: string[] = [];
  const entriesOf = given.entries ?? timelineOf;

  const note = (what: string) => {
    asked.push(what);
    return given.fails ? Promise.reject(given.fails) : Promise.resolve();
  };
  const change = (id: string, more: Partial<Conversation>) => {
    conversations.value = conversations.value.map((c) => (c.id === id ? { ...c, ...more } : c));
  };
  const entries = (id: string, change: (all: Entry[]) => Entry[]) => {
    const now = timeline.value;
    if (now?.id === id) timeline.value = { ...now, entries: change(now.entries) };
  };
  const arrive = (id: string, entry: Entry) => {
    entries(id, (all) => [...all, entry]);
    const c = conversations.value.find((c) => c.id === id);
    const text = "text" in entry.body ? entry.body.text : "";
    change(id, {
      last: { text, at: entry.at, mine: entry.who === "me", delivery: entry.delivery },
      unread: (c?.unread ?? 0) + (entry.who === "me" ? 0 : 1),
    });
  };

  const me = signal<Me | undefined>(given.me ?? ME);

  return {
    stage,
    connection: signal<Connection>(given.connection ?? "online"),
    me,
    refused: signal(given.refused),
    conversations,
    timeline,
    asked,
    arrive,
    async signIn(user) {
      await note(`signIn ${user}`);
      stage.value = { at: "ready" };
    },
    signInBySso: (provider) => void asked.push(`sso ${provider}`),
    async saveKeys() {
      await note("saveKeys");
      return given.keysSaved ? given.keysSaved() : true;
    },
    async signOut() {
      await note("signOut");
      stage.value = { at: "sign-in", why: "signed-out", busy: false, ways: { password: true, sso: [] } };
    },
    async useHere() {
      await note("useHere");
      stage.value = { at: "ready" };
    },
    async keyIsKept() {
      await note("keyIsKept");
      stage.value = { at: "ready" };
    },
    async recover(key) {
      await note(`recover ${key}`);
      stage.value = { at: "ready" };
    },
    skipRecovery() {
      stage.value = { at: "ready" };
    },
    toRecoveryKey() {
      stage.value = { at: "new-key", busy: false };
    },
    lostKey() {
      stage.value = { at: "lost-key", busy: false };
    },
    async newKey() {
      await note("newKey");
      stage.value = { at: "confirm", password: true, busy: false };
    },
    confirm(password) {
      asked.push(`confirm ${password}`);
      stage.value = { at: "keep-recovery-key", recoveryKey: KEY, busy: false };
    },
    back() {
      asked.push("back");
      stage.value = stage.value.at === "lost-key" ? { at: "recover", busy: false } : { at: "ready" };
    },
    open(id) {
      asked.push(`open ${id}`);
      const c = conversations.value.find((c) => c.id === id);
      timeline.value = c && { id: c.id, entries: entriesOf(c), more: given.older !== undefined, loading: false };
    },
    async older() {
      await note("older");
      const more = given.older?.() ?? [];
      const now = timeline.value;
      if (now) timeline.value = { ...now, entries: [...more, ...now.entries], more: more.length > 0 };
    },
    draft(id, text) {
      asked.push(`draft ${id} ${text}`);
      change(id, { draft: text });
    },
    async send(id, text) {
      await note(`send ${id} ${text}`);
      arrive(id, { key: `$sent${asked.length}`, who: "me", at: NOW, body: { is: "text", text }, delivery: { state: "sending" } });
    },
    async retry(id, key) {
      await note(`retry ${id} ${key}`);
      entries(id, (all) => all.map((e) => (e.key === key ? { ...e, delivery: { state: "sending" } } : e)));
    },
    async discard(id, key) {
      await note(`discard ${id} ${key}`);
      entries(id, (all) => all.filter((e) => e.key !== key));
    },
    read(id) {
      asked.push(`read ${id}`);
      change(id, { unread: 0 });
    },
    async accept(id) {
      await note(`accept ${id}`);
      change(id, { invited: false, needsAction: false });
    },
    async learn() {
      await note("learn");
      if (given.learned) me.value = given.learned;
    },
    async check(text, to, from): Promise<Check> {
      asked.push(`check ${text} ${to ?? ""} ${from ?? ""}`.trimEnd());
      const { encoding, segments } = cost(substitute(text));
      return { encoding, segments, problems: problems(text, to) };
    },
    async start(number, name, from) {
      await note(`start ${number} ${name} ${from}`);
      const id = `new${asked.length}`;
      const shown = `•••• ${number.slice(-4)}`;
      const fresh: Conversation = { id, kind: "sms", name: name ?? shown, unread: 0, needsAction: false, invited: false, draft: "", members: 3 };
      const facts = { maskedNumber: shown, ourNumber: ME.numbers?.[0]?.number ?? "", consent: "not-asked" as const };
      conversations.value = [{ ...fresh, sms: { facts } }, ...conversations.value];
      return id;
    },
  };
}

function problems(text: string, to: string | undefined): string[] {
  const digits = to?.replace(/\D/g, "") ?? "";
  const out = [];
  if (to !== undefined && digits.length < 10) out.push("The country code is missing: write +1 … or +44 …");
  if (/guarantee/i.test(text)) out.push("“Guarantee” is a word that your firm reviews before it is sent.");
  return out;
}
