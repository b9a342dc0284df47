/** Choices of taste that this browser remembers. Nothing about people, texts or numbers. */
import { type Signal, effect, signal } from "@preact/signals";

const PREFIX = "verbatim-ui:";

/** A choice among `allowed`; the usual one where none, or none that is known, is remembered. */
export function preference<T>(name: string, usual: T, allowed: T[]): Signal<T> {
  const kept = signal(recall(name, usual, allowed));
  let first = true;
  effect(() => {
    const value = kept.value;
    if (!first) remember(name, value);
    first = false;
  });
  return kept;
}

function recall<T>(name: string, usual: T, allowed: T[]): T {
  try {
    const value = JSON.parse(localStorage.getItem(PREFIX + name) ?? "null") as T;
    return allowed.includes(value) ? value : usual;
  } catch {
    // Storage that is off or holds something else: the usual.
    return usual;
  }
}

function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Storage that is off or full forgets a taste, nothing else.
  }
}
