// Segments (3GPP TS 23.038 and 23.040) and how numbers, times and lengths are written.

const BASIC = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà" +
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
const EXTENSION = new Set("\f^{}\\[~]|€");

export function segments(text) {
  const characters = [...text];
  const gsm = characters.every((c) => BASIC.has(c) || EXTENSION.has(c));
  const units = characters.map((c) => (gsm ? (BASIC.has(c) ? 1 : 2) : c.length));
  const [single, part] = gsm ? [160, 153] : [70, 67];
  const total = units.reduce((sum, unit) => sum + unit, 0);
  if (total <= single) return { gsm, count: 1 };
  let count = 1;
  let used = 0;
  for (const unit of units) {
    if (used + unit > part) {
      count += 1;
      used = 0;
    }
    used += unit;
  }
  return { gsm, count };
}

export function counter(text) {
  if (text === "") return "";
  const { gsm, count } = segments(text);
  const length = [...text].length;
  const parts = count === 1 ? "1 segment" : `${count} segments`;
  return `${length} / 1600 · ${parts}${gsm ? "" : " (Unicode)"}`;
}

export function pretty(number) {
  const us = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return us ? `+1 ${us[1]} ${us[2]} ${us[3]}` : number;
}

const OUTCOMES = { connect_failed: "no connection", timed_out: "timed out", broken: "connection broke", lost: "lost by a fault" };

/** What came of one try of a webhook. */
export function outcome(entry) {
  return entry.outcome === "answered" ? `answer ${entry.http_status}` : OUTCOMES[entry.outcome] ?? entry.outcome;
}

export const clock = (ms) => new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
export const exact = (ms) => new Date(ms).toLocaleTimeString([], { hour12: false }) + "." + String(ms % 1000).padStart(3, "0");
export const day = (ms) => new Date(ms).toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });

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
