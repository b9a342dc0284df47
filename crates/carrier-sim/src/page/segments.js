// Segments of a text (3GPP TS 23.038 and 23.040), and the line below a field that tells them.

const BASIC = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà" +
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
const EXTENSION = new Set("\f^{}\\[~]|€");
/** The most characters of one text. */
const MOST = 1600;

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

export const fits = (text) => [...text].length <= MOST;

export function counter(text) {
  if (text === "") return "";
  const length = [...text].length;
  if (length > MOST) return `${length} of ${MOST} characters: too long`;
  const { gsm, count } = segments(text);
  const parts = count === 1 ? "1 segment" : `${count} segments`;
  return `${length} / ${MOST} · ${parts}${gsm ? "" : " (Unicode)"}`;
}
