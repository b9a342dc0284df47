// The messages of one conversation. It opens at the newest and stays there, unless scrolled up.

import { code } from "./codes.js";
import { clock, day, icon, make, say } from "./text.js";

/** How many messages are shown at first, and how many more each time. */
const STEP = 150;
/** So near to the end counts as at the end, in pixels. */
const NEAR = 48;
const FINAL = new Set(["undelivered", "failed"]);

export class Thread {
  constructor(label) {
    this.rows = new Map();
    this.list = make("ol", {});
    this.older = make("button", { type: "button", className: "older", textContent: "Earlier messages", onclick: () => this.showOlder() });
    this.log = make("div", { className: "log", tabIndex: 0, role: "log", "aria-label": label, "aria-relevant": "additions" }, this.older, this.list);
    this.jumpText = make("span");
    this.jump = make("button", { type: "button", className: "jump", hidden: true, onclick: () => this.toEnd() }, this.jumpText, icon("down"));
    this.element = make("div", { className: "log-room" }, this.log, this.jump);
    this.log.onscroll = () => this.scrolled();
    // A field that grows, a turned screen, a first layout: the newest message stays in view.
    new ResizeObserver(() => this.keep()).observe(this.log);
  }

  /** Shows another conversation, at its end. */
  open(thread) {
    this.thread = thread;
    this.limit = STEP;
    this.rows.clear();
    this.list.replaceChildren();
    this.atEnd = true;
    this.draw();
  }

  draw() {
    const { items } = this.thread;
    this.older.hidden = items.length <= this.limit;
    const wanted = this.wanted(items.slice(-this.limit));
    arrange(this.list, wanted);
    if (this.rows.size > 2 * wanted.length + STEP) this.forget(new Set(wanted));
    say(this.empty ??= make("p", { className: "empty-log" }), "No messages yet. Write the first one below.");
    if (items.length === 0) this.list.before(this.empty);
    else this.empty.remove();
    this.keep();
  }

  wanted(items) {
    const nodes = [];
    let last = "";
    for (const item of items) {
      const date = day(item.at);
      if (date !== last) nodes.push(this.row(`day ${date}`, () => make("li", { className: "day", textContent: date })).node);
      last = date;
      // A row is made once and then only changed, so that a screen reader hears each message once.
      const row = this.row(`${item.kind} ${item.key}`, () => bubble(item));
      say(row.note ??= row.node.querySelector(".note"), note(item));
      row.node.classList.toggle("bad", isBad(item));
      nodes.push(row.node);
    }
    return nodes;
  }

  row(key, build) {
    if (!this.rows.has(key)) this.rows.set(key, { node: build() });
    return this.rows.get(key);
  }

  forget(kept) {
    for (const [key, { node }] of this.rows) if (!kept.has(node)) this.rows.delete(key);
  }

  showOlder() {
    const below = this.log.scrollHeight - this.log.scrollTop;
    this.limit += STEP;
    this.draw();
    this.log.scrollTop = this.log.scrollHeight - below;
    this.log.focus({ preventScroll: true });
  }

  scrolled() {
    // A hidden log has no position.
    if (this.log.clientHeight === 0) return;
    this.atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR;
    this.tellJump();
  }

  toEnd() {
    this.atEnd = true;
    this.keep();
    this.log.focus({ preventScroll: true });
  }

  keep() {
    if (this.atEnd) {
      this.log.scrollTop = this.log.scrollHeight;
      this.known = this.thread?.items.length ?? 0;
    }
    this.tellJump();
  }

  tellJump() {
    if (this.atEnd) this.known = this.thread?.items.length ?? 0;
    this.jump.hidden = this.atEnd !== false;
    const fresh = (this.thread?.items.length ?? 0) - this.known;
    say(this.jumpText, fresh > 0 ? `${fresh} new` : "Newest");
  }
}

/** Makes the children of a list these nodes, and moves none that is in its place. */
function arrange(list, nodes) {
  let next = list.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else list.insertBefore(node, next);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

const SPEAKERS = { mine: "You: ", theirs: "They: " };

function bubble(item) {
  const node = make("li", { className: `bubble ${item.kind}` });
  if (SPEAKERS[item.kind]) {
    const who = make("span", { className: "unseen", textContent: SPEAKERS[item.kind] });
    node.append(make("p", { className: "body" }, who, item.body));
  }
  node.append(make("p", { className: "note" }));
  return node;
}

const isBad = (item) => item.kind === "refused" || FINAL.has(item.state) || Boolean(item.kind === "mine" && item.tried && !item.taken);

function note(item) {
  const at = clock(item.at);
  if (item.kind === "mine") {
    if (item.taken) return `${at} · Delivered`;
    return item.tried ? `${at} · The firm has not taken it yet (${item.tried}); it can still fetch it` : `${at} · Sent`;
  }
  if (item.kind === "theirs") return at;
  if (item.kind === "refused") return `${at} · The carrier refused a text to this phone (${code(item.error)})`;
  if (FINAL.has(item.state)) return `${at} · A text did not arrive (${code(item.error)})`;
  return `A text is on its way (${item.state})`;
}

/** One line about the newest item, for the list of conversations. */
export function preview(item) {
  if (item.kind === "mine") return `You: ${item.body}`;
  return item.kind === "theirs" ? item.body : note(item).replace(/^.* · /, "");
}
