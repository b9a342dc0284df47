/** What can be said of a number while it is being typed, before the server is asked. */

export type Typed = "empty" | "letters" | "short" | "long" | "askable";

const FEWEST = 5;
const MOST = 15;

export function typed(number: string): Typed {
  const text = number.trim();
  if (text === "") return "empty";
  if (/[^\d\s()+./\-–]/u.test(text) || text.lastIndexOf("+") > 0) return "letters";
  const digits = text.replace(/\D/g, "").length;
  if (digits < FEWEST) return "short";
  return digits > MOST + 2 ? "long" : "askable";
}

export const TYPED_WORDS: Partial<Record<Typed, string>> = {
  letters: "You have no client of this name. To text a new one, enter their number, in digits.",
  long: "This is longer than any phone number.",
};
