/** What is asked of the server about something that is being typed. */
const REST_MS = 350;

/** Asks once the typing rests; no answer is none. Gives the way to call it off: what is said of older words is of no use. */
export function askAtRest<T>(ask: () => Promise<T>, answered: (answer: T | undefined) => void): () => void {
  let current = true;
  const timer = setTimeout(async () => {
    const answer = await ask().catch(() => undefined);
    if (current) answered(answer);
  }, REST_MS);
  return () => {
    current = false;
    clearTimeout(timer);
  };
}
