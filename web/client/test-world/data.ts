/** People, texts and times that never were, for tests of the screens and for their pictures. */
import type { Conversation, Delivery, Entry, Me } from "../src/model";

/** A Tuesday. */
export const NOW = new Date(2026, 2, 10, 14, 32).getTime();
const MINUTE = 60_000;
export const ago = (minutes: number) => NOW - minutes * MINUTE;
const DAY = 24 * 60;

/** In the form of a recovery key. */
export const KEY = "EsTc LW2K PWiF KwEA 3As5 g5c4 8Dt7 4nSb kRvN 2bQz 7hYm W9Ld";

export const ME: Me = {
  userId: "@alice:acme.example",
  name: "Alice Ng",
  firm: "Acme Wealth",
  numbers: [
    { id: "n1", number: "+14155550100" },
    { id: "n2", number: "+442079460123" },
  ],
  maxChars: 1600,
  region: "US",
};

const delivered: Delivery = { state: "delivered" };

const facts = (digits: string, consent: NonNullable<NonNullable<Conversation["sms"]>["facts"]>["consent"] = "opted-in") => ({
  facts: { maskedNumber: `•••• ${digits}`, ourNumber: "+14155550100", consent, disclosedAt: ago(9 * DAY) },
});

function sms(id: string, name: string, more: Partial<Conversation>): Conversation {
  const usual = { unread: 0, needsAction: false, invited: false, draft: "", members: 3, sms: facts("0142") };
  return { id, kind: "sms", name, ...usual, ...more };
}

function team(id: string, name: string, more: Partial<Conversation>): Conversation {
  return { id, kind: "team", name, unread: 0, needsAction: false, invited: false, draft: "", members: 6, encrypted: true, ...more };
}

export const CONVERSATIONS: Conversation[] = [
  sms("jane", "Jane Whitfield", {
    last: { text: "Perfect, I’ll look for it. Thanks Alice!", at: ago(2), mine: false },
    unread: 2,
    sms: facts("0142"),
  }),
  sms("robert", "Robert Okafor", {
    last: { text: "Your statement is ready. Shall I post it?", at: ago(11), mine: true, delivery: delivered },
    sms: facts("0177"),
  }),
  sms("maria", "María José Fernández-Castellanos y Ortega", {
    last: {
      text: "The transfer form is on its way to you.",
      at: ago(48),
      mine: true,
      delivery: { state: "failed", reason: "The number cannot receive texts (30006). Reach the client another way.", canRetry: false },
    },
    failed: true,
    needsAction: true,
    sms: facts("0133", "not-asked"),
  }),
  sms("lee", "Lee Chang", {
    last: { text: "STOP", at: ago(190), mine: false },
    draft: "Dear Mr Chang, I understand. Should you",
    sms: { ...facts("0109", "opted-out"), blocked: "The client answered STOP on 10 March. They can text START to allow texts again; until then, call or write to them." },
  }),
  sms("unknown", "•••• 0164", {
    last: { text: "Hi, is this the number for account questions?", at: ago(6), mine: false },
    unread: 1,
    needsAction: true,
    sms: facts("0164", "unknown-sender"),
  }),
  sms("ahmed", "Ahmed Haddad", {
    last: { text: "Can we move our call to Thursday at 3?", at: ago(DAY + 30), mine: false },
    sms: facts("0120", "not-asked"),
  }),
  sms("petra", "Petra Lindqvist", {
    last: { text: "Enclosed are the two options we discussed.", at: ago(2 * DAY), mine: true, delivery: { state: "sent" } },
    sms: facts("0155"),
  }),
  sms("tom", "Tom Barrow", {
    last: { text: "I will ask compliance and come back to you.", at: ago(3 * DAY), mine: true, delivery: { state: "held" } },
    sms: facts("0118"),
  }),
  sms("invited", "Grace Adeyemi", { invited: true, needsAction: true, members: 2, last: undefined, sms: {} }),
  team("desk", "Private clients desk", {
    last: { text: "Fund closes at four today, not five.", at: ago(21), mine: false },
    unread: 3,
    members: 8,
  }),
  team("bob", "Bob Martin", { last: { text: "Lunch at one?", at: ago(120), mine: true, delivery: { state: "sent" } }, members: 2 }),
  team("compliance", "Compliance questions", { last: { text: "Answered in the thread of Monday.", at: ago(6 * DAY), mine: false }, members: 14 }),
];

let made = 0;
const key = () => `$e${(made += 1)}`;
const said = (who: Entry["who"], at: number, text: string, more: Partial<Entry> = {}): Entry => ({
  key: key(),
  who,
  at,
  body: { is: "text", text },
  ...more,
});
const mine = (at: number, text: string, delivery: Delivery = delivered) => said("me", at, text, { delivery });
const client = (name: string) => (at: number, text: string) => said("client", at, text, { name });
const notice = (at: number, text: string, about?: string): Entry => ({
  key: key(),
  who: "bot",
  name: "Verbatim",
  at,
  body: { is: "notice", text, about },
});
const happening = (at: number, text: string): Entry => ({ key: key(), who: "system", at, body: { is: "event", text } });

const jane = client("Jane Whitfield");

function janes(): Entry[] {
  return [
    happening(ago(9 * DAY), "Texts with this client began"),
    mine(ago(9 * DAY - 1), "Acme Wealth: Alice Ng here. Texts on this number are recorded. Msg&data rates may apply. Reply HELP for help, STOP to opt out."),
    jane(ago(9 * DAY - 12), "Hello Alice, that is fine with me."),
    jane(ago(DAY + 200), "Good morning. Did the quarterly report go out already? I have not seen it, and I would like to read it before our meeting next week."),
    mine(ago(DAY + 190), "Good morning Jane! It goes out tomorrow around noon."),
    mine(ago(DAY + 189), "You can also find it online once it is there: https://reports.acme.example/q1"),
    jane(ago(DAY + 180), "Good, thank you"),
    jane(ago(95), "Sorry to ask again, is it there now?"),
    mine(ago(40), "It is. I have just had it sent to you by post, and the online copy is up as well."),
    mine(ago(39), "Shall we go through it on the phone on Thursday at 10?"),
    jane(ago(3), "Thursday at 10 works."),
    jane(ago(2), "Perfect, I’ll look for it. Thanks Alice!"),
  ];
}

function roberts(): Entry[] {
  const robert = client("Robert Okafor");
  return [
    robert(ago(60), "Afternoon. Any news on the statement?"),
    mine(ago(30), "Nearly there.", { state: "delivered" }),
    mine(ago(11), "Your statement is ready. Shall I post it?"),
  ];
}

function marias(): Entry[] {
  const maria = client("María José Fernández-Castellanos y Ortega");
  const answer = mine(ago(290), "Of course. One moment, please.");
  const refused = mine(ago(49), "Here is the link to the form: https://forms.acme.example/transfer", {
    state: "failed",
    reason: "The chat server did not take it. Try again.",
    canRetry: true,
    canDiscard: true,
  });
  const failed = mine(ago(48), "The transfer form is on its way to you.", {
    state: "failed",
    reason: "The client’s number cannot receive texts (carrier’s code: 30006). Check the number, or reach the client another way.",
    canRetry: false,
  });
  return [
    maria(ago(300), "Buenas tardes, Alice. ¿Me puede enviar el formulario de transferencia? — Gracias 🙏"),
    answer,
    refused,
    failed,
    notice(ago(47), "Your message was not sent: the client’s number cannot receive texts (carrier’s code: 30006). Check the number, or reach the client another way.", failed.key),
    maria(ago(46), "Are you there?"),
    notice(ago(45), "Your edit was not sent: a text cannot be changed on the client’s phone. Write a new message to correct it.", answer.key),
  ];
}

function toms(): Entry[] {
  const tom = client("Tom Barrow");
  return [
    tom(ago(3 * DAY + 50), "Which of the two would you take yourself?"),
    mine(ago(3 * DAY), "I will ask compliance and come back to you.", { state: "held" }),
    mine(ago(14), "In the meantime I can send you the fact sheets of both.", { state: "checking" }),
    mine(ago(2), "Would that help?", { state: "sent" }),
    mine(ago(1), "They are two pages each.", { state: "with-firm" }),
    mine(ago(1), "I can also put them in the post.", { state: "sending" }),
    mine(ago(0), "Just let me know which you prefer.", { state: "queued" }),
  ];
}

function ahmeds(): Entry[] {
  return [
    { key: key(), who: "client", name: "Ahmed Haddad", at: ago(2 * DAY), body: { is: "unreadable", why: "It was sent before this browser was signed in. Your recovery key opens it: reload this page and enter the key." } },
    { key: key(), who: "client", name: "Ahmed Haddad", at: ago(DAY + 45), body: { is: "media", name: "IMG_2231.jpg" } },
    client("Ahmed Haddad")(ago(DAY + 30), "Can we move our call to Thursday at 3?"),
  ];
}

function desks(): Entry[] {
  const by = (name: string) => (at: number, text: string) => said("colleague", at, text, { name });
  const [bob, priya] = [by("Bob Martin"), by("Priya Raman")];
  return [
    happening(ago(DAY + 60), "Priya Raman joined"),
    bob(ago(DAY + 20), "Morning all. Reminder: the fund closes early this week."),
    priya(ago(DAY + 10), "Thanks Bob. Which day?"),
    bob(ago(DAY + 9), "Tuesday."),
    mine(ago(60), "Does anybody have the fact sheet for the bond fund? A client wants it before four.", { state: "sent" }),
    mine(ago(59), "The one on the portal is from December.", { state: "sent" }),
    priya(ago(40), "I have just put the new one on the portal: https://portal.acme.example/funds/bond"),
    bob(ago(22), "Careful with the date on page 2, it still says December. Numbers are right."),
    bob(ago(21), "Fund closes at four today, not five."),
  ];
}

/** What was said; other conversations have their last text only. */
export function timelineOf(c: Conversation): Entry[] {
  const known: Record<string, () => Entry[]> = { jane: janes, robert: roberts, maria: marias, tom: toms, ahmed: ahmeds, desk: desks };
  const all = known[c.id];
  if (all) return all();
  if (!c.last) return [];
  return [c.last.mine ? mine(c.last.at, c.last.text, c.last.delivery) : said("client", c.last.at, c.last.text, { name: c.name })];
}

/** A long talk, for scrolling. */
export function longTalk(from: number, to: number): Entry[] {
  const words = ["Yes.", "I will look at it this afternoon and come back to you.", "Thank you!", "Could you send me the figures for last year as well? I need them for my tax return."];
  return Array.from({ length: to - from }, (_, n) => {
    const at = NOW - (400 - from - n) * 47 * MINUTE;
    const text = `${words[(from + n) % words.length]} (${from + n})`;
    return { ...((from + n) % 3 === 0 ? mine(at, text) : jane(at, text)), key: `$long${from + n}` };
  });
}

export function many(n: number): Conversation[] {
  return Array.from({ length: n }, (_, i) =>
    sms(`m${i}`, `Client ${String(i).padStart(3, "0")}`, {
      last: { text: `Text number ${i}, as texts go.`, at: ago(60 * (i + 4)), mine: i % 3 === 0, delivery: i % 3 === 0 ? delivered : undefined },
      unread: i % 11 === 5 ? 1 : 0,
      sms: facts(String(1000 + i)),
    }),
  );
}
