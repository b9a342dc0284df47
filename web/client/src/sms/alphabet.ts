/** The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038), as the server has them. */

// The escape code's place is left out: no text may use it.
const DEFAULT = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);

const EXTENSION = new Set("\f^{}\\[~]|€");

/** How many septets a character takes; none if the alphabet lacks it. */
export function septets(character: string): 1 | 2 | undefined {
  if (DEFAULT.has(character)) return 1;
  return EXTENSION.has(character) ? 2 : undefined;
}
