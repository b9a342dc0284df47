import { Fragment } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Conversation, Entry, Problem } from "../../model";
import { count, dayTitle } from "../format";
import { useRequest } from "../parts/busy";
import { Icon } from "../parts/icon";
import { useUi } from "../state";
import { type Day, type Run, days, lastOfMine } from "./group";
import { RunView } from "./run";
import { useScroll } from "./scroll";

/** How close to the top older entries are fetched. */
const NEAR_TOP_PX = 240;

export function Timeline({ conversation }: { conversation: Conversation }) {
  const ui = useUi();
  const timeline = ui.world.timeline.value;
  if (!timeline || timeline.id !== conversation.id) {
    return (
      <div class="timeline timeline-wait">
        <p role="status">Opening…</p>
      </div>
    );
  }
  return <Entries conversation={conversation} entries={timeline.entries} more={timeline.more} loading={timeline.loading} />;
}

interface Props {
  conversation: Conversation;
  entries: Entry[];
  more: boolean;
  loading: boolean;
}

function Entries({ conversation, entries, more, loading }: Props) {
  const ui = useUi();
  const last = entries.at(-1);
  const { box, atEnd, fresh, toEnd, scrolled } = useScroll({
    first: entries[0]?.key,
    last: last?.key,
    lastIsMine: last?.who === "me",
    count: entries.length,
  });
  const older = useOlder(box, more && !loading, entries.length);
  const newFrom = useNewFrom(conversation, entries);
  useRead(conversation, atEnd, last?.key);
  const shared = { conversation, entries, lastMine: lastOfMine(entries), newFrom };
  return (
    <div class="timeline-place">
      <div
        class="timeline"
        ref={box}
        role="log"
        aria-live="off"
        aria-label="Messages"
        tabIndex={0}
        onScroll={() => {
          scrolled();
          older.near();
        }}
      >
        <div class="timeline-body">
          <Top more={more} loading={loading} trouble={older.trouble} load={older.load} empty={entries.length === 0} />
          {days(entries, newFrom).map((day) => (
            <DayView key={day.at} day={day} now={ui.now.value} {...shared} />
          ))}
        </div>
      </div>
      {!atEnd && (
        <button type="button" class={`pill ${fresh > 0 ? "pill-fresh" : ""}`} onClick={toEnd}>
          <Icon name="down" />
          {fresh > 0 ? count(fresh, "new message") : "Newest"}
        </button>
      )}
    </div>
  );
}

function Top({ more, loading, trouble, load, empty }: { more: boolean; loading: boolean; trouble?: Problem; load: () => void; empty: boolean }) {
  if (loading) return <p class="top">Loading older messages…</p>;
  if (more) {
    return (
      <div class="top">
        {trouble && <p role="alert">Older messages could not be loaded. {trouble.mend}</p>}
        <button type="button" onClick={load}>
          Load older messages
        </button>
      </div>
    );
  }
  return <p class="top">{empty ? "Nothing has been said here yet." : "This is where the conversation begins."}</p>;
}

export interface Shared {
  conversation: Conversation;
  entries: Entry[];
  lastMine: string | undefined;
  /** The first entry that was unread when the conversation was opened. */
  newFrom: string | undefined;
}

function DayView({ day, now, ...shared }: Shared & { day: Day; now: number }) {
  return (
    <section class="day" aria-label={dayTitle(day.at, now)}>
      <h3 class="day-title">
        <span>{dayTitle(day.at, now)}</span>
      </h3>
      {day.runs.map((run: Run) => (
        <Fragment key={run.key}>
          {run.key === shared.newFrom && <NewLine />}
          <RunView run={run} {...shared} />
        </Fragment>
      ))}
    </section>
  );
}

function NewLine() {
  return (
    <p class="new-line">
      <span>New</span>
    </p>
  );
}

/** Fetches older entries near the top, or while the screen is not full; after a failure only when asked. */
function useOlder(box: { current: HTMLDivElement | null }, possible: boolean, loaded: number) {
  const { world } = useUi();
  const { trouble, run } = useRequest();
  const load = () => void run(() => world.older());
  const near = () => {
    if (possible && !trouble && box.current && box.current.scrollTop < NEAR_TOP_PX) load();
  };
  useEffect(near, [possible, loaded]);
  return { trouble, load, near };
}

/** Remembered from when the conversation was opened: being read must not move the line. */
function useNewFrom({ unread }: Conversation, entries: Entry[]): string | undefined {
  const [first] = useState(() => {
    // Who answered has read what came before.
    const since = entries.slice(entries.findLastIndex((e) => e.who === "me") + 1);
    const heard = since.filter((e) => e.who === "client" || e.who === "colleague");
    return unread > 0 ? (heard.at(-unread) ?? heard[0])?.key : undefined;
  });
  return first;
}

/** Read is what stands on a screen that somebody looks at. */
function useRead({ id, unread }: Conversation, atEnd: boolean, last: string | undefined): void {
  const { world } = useUi();
  useEffect(() => {
    const look = () => {
      if (atEnd && unread > 0 && document.visibilityState === "visible" && document.hasFocus()) world.read(id);
    };
    look();
    window.addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      window.removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, [id, unread, atEnd, last]);
}
