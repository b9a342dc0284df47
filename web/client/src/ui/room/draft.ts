/** What is being typed, handed on with each letter: a page may go away at any moment, and does not wait. */
import { useState } from "preact/hooks";
import type { Conversation } from "../../model";
import { useUi } from "../state";

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
  return {
    text,
    write(value) {
      setText(value);
      world.draft(id, value);
    },
    clear: () => setText(""),
    settle: (rest) => world.draft(id, rest),
  };
}
