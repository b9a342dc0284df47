/** What is being typed, handed on to be kept while one types and before one leaves. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Conversation } from "../../model";
import { useUi } from "../state";

const KEEP_AFTER_MS = 250;

export interface Draft {
  text: string;
  write(text: string): void;
  /** Empties the box and leaves the draft: until the text is sent on, the draft is all there is of it. */
  clear(): void;
  /** What was cleared is kept elsewhere; this is what is left to keep here. */
  settle(rest: string): void;
}

export function useDraft({ id, draft }: Conversation): Draft {
  const { world } = useUi();
  const [text, setText] = useState(draft);
  const waiting = useRef<{ text: string; timer: ReturnType<typeof setTimeout> } | undefined>(undefined);

  const forget = useCallback(() => {
    clearTimeout(waiting.current?.timer);
    waiting.current = undefined;
  }, []);

  const keep = useCallback(() => {
    const latest = waiting.current;
    forget();
    if (latest) world.draft(id, latest.text);
  }, [world, id, forget]);

  useEffect(() => {
    const leaving = () => {
      if (document.visibilityState === "hidden") keep();
    };
    document.addEventListener("visibilitychange", leaving);
    window.addEventListener("pagehide", keep);
    return () => {
      document.removeEventListener("visibilitychange", leaving);
      window.removeEventListener("pagehide", keep);
      keep();
    };
  }, [keep]);

  return {
    text,
    write(value) {
      setText(value);
      forget();
      waiting.current = { text: value, timer: setTimeout(keep, KEEP_AFTER_MS) };
    },
    clear() {
      setText("");
      forget();
    },
    settle(rest) {
      forget();
      world.draft(id, rest);
    },
  };
}
