/** Links in texts. Texts are hostile input: a strict matcher, and a link always shows where it leads. */

export type Piece = { text: string; href?: string };

const URLS = /https?:\/\/[^\s<>"'“”„«»]+/giu;

/** Cuts a text into plain pieces and links; joined they are the text. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let from = 0;
  for (const found of text.matchAll(URLS)) {
    const url = trimmed(found[0]);
    const href = harmless(url);
    if (!href) continue;
    if (found.index > from) out.push({ text: text.slice(from, found.index) });
    out.push({ text: url, href });
    from = found.index + url.length;
  }
  if (from < text.length) out.push({ text: text.slice(from) });
  return out;
}

/** Without what ends the sentence and not the address. */
function trimmed(url: string): string {
  const short = url.replace(/[.,;:!?…]+$/u, "");
  return short.endsWith(")") && !short.includes("(") ? short.slice(0, -1) : short;
}

/** None for hosts that can look like others, and for addresses that hide their host behind a name. */
function harmless(url: string): string | undefined {
  if (/[^\x21-\x7e]/.test(url) || !URL.canParse(url)) return undefined;
  const { hostname, username, password, href } = new URL(url);
  const disguised = username !== "" || password !== "" || hostname.split(".").some((label) => label.startsWith("xn--"));
  return disguised || !hostname.includes(".") ? undefined : href;
}
