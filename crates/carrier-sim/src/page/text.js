// How elements are made, and how numbers, times and outcomes are written.

export function pretty(number) {
  const us = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return us ? `+1 ${us[1]} ${us[2]} ${us[3]}` : number;
}

const OUTCOMES = { connect_failed: "no connection", timed_out: "timed out", broken: "connection broke", lost: "lost by a fault" };

/** What came of one try of a webhook. */
export function outcome(entry) {
  return entry.outcome === "answered" ? `answer ${entry.http_status}` : OUTCOMES[entry.outcome] ?? entry.outcome;
}

export const clock = (ms) => new Date(ms).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
export const exact = (ms) => new Date(ms).toLocaleTimeString([], { hour12: false }) + "." + String(ms % 1000).padStart(3, "0");
export const day = (ms) => new Date(ms).toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });

/** The letter in a picture's place. */
export const initial = (name) => (/^[\p{L}\p{N}]/u.test(name) ? [...name][0].toUpperCase() : "#");

/** An element with properties, attributes (with a dash or `role`) and children; text is only ever text. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

/** Sets a text only if it is another, so that nothing is announced or drawn anew for nothing. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const SHAPES = {
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  send: "M12 19V6M6 11l6-6 6 6",
  down: "M12 5v13M6 13l6 6 6-6",
  signal: "M4 18v-3M10 18v-6M16 18V9M22 18V6",
  battery: "M3 8h16v8H3zM22 11v2M5.5 12h11",
};

/** A picture of lines; its meaning stands beside it in words. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["class", `icon icon-${name}`], ["aria-hidden", "true"]]) {
    svg.setAttribute(key, value);
  }
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}
