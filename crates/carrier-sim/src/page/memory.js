// What this browser remembers: phones, open conversations, unsent texts. Where it may not keep
// anything, the page remembers until it is closed.

const PREFIX = "carrier-sim:";
const held = new Map();

export function recall(name, otherwise) {
  if (held.has(name)) return held.get(name) ?? otherwise;
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Keeps a value; without one, forgets. */
export function remember(name, value) {
  held.set(name, value);
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden; `held` has it.
  }
}
