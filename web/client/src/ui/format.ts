/** Times and numbers as people read them. The words around them are English, so the forms are, too. */

const DAY_MS = 86_400_000;

const LOCALE = typeof navigator !== "undefined" && navigator.language?.startsWith("en") ? navigator.language : "en-GB";

const form = (options: Intl.DateTimeFormatOptions) => {
  let made: Intl.DateTimeFormat | undefined;
  return (at: number) => (made ??= new Intl.DateTimeFormat(LOCALE, options)).format(at);
};

/** 14:03 */
export const clock = form({ hour: "numeric", minute: "2-digit" });
const weekday = form({ weekday: "long" });
const dayOfYear = form({ weekday: "long", day: "numeric", month: "long" });
const dayAndYear = form({ day: "numeric", month: "long", year: "numeric" });
const shortDate = form({ day: "numeric", month: "short" });
const shortYear = form({ day: "2-digit", month: "2-digit", year: "2-digit" });
/** For who wants to know exactly. */
export const exact = form({ dateStyle: "full", timeStyle: "medium" });

/** Days between two moments by the calendar of this browser; positive if `at` was earlier. */
export function daysAgo(at: number, now: number): number {
  return Math.round((midnight(now) - midnight(at)) / DAY_MS);
}

/** When the day of `at` began. */
export function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

const sameYear = (a: number, b: number) => new Date(a).getFullYear() === new Date(b).getFullYear();

/** For the list: the time today, then the day, then the date. */
export function listTime(at: number, now: number): string {
  const days = daysAgo(at, now);
  if (days <= 0) return clock(at);
  if (days === 1) return "Yesterday";
  if (days < 7) return weekday(at);
  return sameYear(at, now) ? shortDate(at) : shortYear(at);
}

/** For the line between two days. */
export function dayTitle(at: number, now: number): string {
  const days = daysAgo(at, now);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return sameYear(at, now) ? dayOfYear(at) : dayAndYear(at);
}

/** An E.164 number with gaps: +1 415 555 0100. Others than +1 in threes, which no plan forbids. */
export function phoneNumber(e164: string): string {
  const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(e164);
  if (american) return `+1 ${american[1]} ${american[2]} ${american[3]}`;
  const [, country, rest] = /^\+(\d{2})(\d+)$/.exec(e164) ?? [];
  if (!country || !rest) return e164;
  return `+${country} ${rest.replace(/(\d{3})(?=\d{2,})/g, "$1 ")}`;
}

/** Two letters for who has a name; none for a number. */
export function initials(name: string): string {
  const words = name.replace(/\(.*?\)/g, "").split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toUpperCase();
}

/** The key in groups of four, however it came. */
export function inFours(key: string): string[] {
  return key.replace(/\s+/g, "").match(/.{1,4}/gu) ?? [];
}

/** "1 text", "2 texts". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
