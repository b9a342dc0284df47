/** Typographic characters that the server replaces before it sends a text; the same table as the server's. */
import { septets } from "./alphabet";

const PLAIN = new Map<string, string>();
const put = (characters: string, plain: string) => {
  for (const c of characters) PLAIN.set(c, plain);
};
put("“”„‟«»″", '"');
put("‘’‚‛′", "'");
put("\u2010\u2011\u2012\u2013\u2014\u2015−", "-");
put("…", "...");
put("•", "*");
put("™", "TM");
// No-break space, and spaces by width.
put("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f", " ");
// Invisible: zero-width space and joiners, direction marks, word joiner, presentation selectors, byte order mark.
put("\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff", "");
put("ﬀ", "ff");
put("ﬁ", "fi");
put("ﬂ", "fl");
put("ﬃ", "ffi");
put("ﬄ", "ffl");
put("ﬅﬆ", "st");
[..."０１２３４５６７８９"].forEach((c, digit) => put(c, String(digit)));

/**
 * What goes out for what was typed. All or nothing: if one character remains that GSM 7-bit lacks, the text
 * stays as it was typed.
 */
export function substitute(text: string): string {
  let out = "";
  for (const c of text) {
    const plain = PLAIN.get(c);
    if (plain === undefined && septets(c) === undefined) return text;
    out += plain ?? c;
  }
  return out;
}
