/** A timeline cut into days and runs: consecutive texts of one person, close in time. */
import type { Entry } from "../../model";
import { midnight } from "../format";

const RUN_MS = 5 * 60_000;

export interface Run {
  key: string;
  who: Entry["who"];
  name?: string;
  at: number;
  entries: Entry[];
}

export interface Day {
  at: number;
  runs: Run[];
}

/** A run ends before `newFrom`, so that a line fits between. */
export function days(entries: Entry[], newFrom?: string): Day[] {
  const out: Day[] = [];
  for (const entry of entries) {
    const at = midnight(entry.at);
    let day = out.at(-1);
    // A clock that was wrong must not open a day that is over once more.
    if (!day || at > day.at) out.push((day = { at, runs: [] }));
    const run = day.runs.at(-1);
    if (run && entry.key !== newFrom && continues(run, entry)) run.entries.push(entry);
    else day.runs.push({ key: entry.key, who: entry.who, name: entry.name, at: entry.at, entries: [entry] });
  }
  return out;
}

function continues(run: Run, entry: Entry): boolean {
  const last = run.entries.at(-1);
  if (!last || run.who !== entry.who || run.name !== entry.name) return false;
  const plain = (e: Entry) => e.body.is !== "notice" && e.body.is !== "event";
  return plain(last) && plain(entry) && entry.at - last.at < RUN_MS;
}

/**
 * Whether words stand under a text, beside its mark: under the last of mine, and under each that is not
 * through yet or has failed.
 */
export function wordy(entry: Entry, lastOfMine: string | undefined): boolean {
  if (!entry.delivery) return false;
  const through = entry.delivery.state === "sent" || entry.delivery.state === "delivered";
  return !through || entry.key === lastOfMine;
}

export function lastOfMine(entries: Entry[]): string | undefined {
  return entries.findLast((entry) => entry.who === "me" && entry.delivery)?.key;
}
