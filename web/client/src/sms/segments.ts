/**
 * What a text costs to send: how it travels and how many messages on the air it takes (3GPP TS 23.040).
 *
 * The server counts again and is what matters; both are tested with the same vectors
 * (`crates/verbatim-domain/testdata/segments.json`), so that nobody is told two things.
 */
import { septets } from "./alphabet";

export type Encoding = "GSM-7" | "UCS-2";

export interface Cost {
  encoding: Encoding;
  /** Septets or UTF-16 code units. */
  units: number;
  /** An empty text takes one. */
  segments: number;
  /** Units for which the last segment still has room. */
  left: number;
}

/** Units that fit in a message on its own, and in one segment of a longer one. */
const ROOM = { "GSM-7": { single: 160, part: 153 }, "UCS-2": { single: 70, part: 67 } } as const;

/** What `text` costs exactly as it stands; see `substitute` for what the server does to it first. */
export function cost(text: string): Cost {
  const characters = [...text];
  const encoding = characters.every((c) => septets(c) !== undefined) ? "GSM-7" : "UCS-2";
  const widths = characters.map((c) => (encoding === "GSM-7" ? septets(c) ?? 1 : c.length));
  const units = widths.reduce((sum, width) => sum + width, 0);
  const room = ROOM[encoding];
  if (units <= room.single) return { encoding, units, segments: 1, left: room.single - units };
  return { encoding, units, ...fill(widths, room.part) };
}

/** Packs each character as early as possible; none is ever cut. */
function fill(widths: number[], room: number): Pick<Cost, "segments" | "left"> {
  let segments = 1;
  let used = 0;
  for (const width of widths) {
    if (used + width > room) {
      segments += 1;
      used = 0;
    }
    used += width;
  }
  return { segments, left: room - used };
}

/** Characters that keep a text from travelling as GSM 7-bit, each once, at most `max`. */
export function foreign(text: string, max = 5): string[] {
  return [...new Set(text)].filter((c) => septets(c) === undefined && c.trim() !== "").slice(0, max);
}
