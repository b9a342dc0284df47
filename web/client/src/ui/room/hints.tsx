/** What is to be known of a text before it goes out. */
import { useEffect, useState } from "preact/hooks";
import type { Conversation } from "../../model";
import { cost, foreign } from "../../sms/segments";
import { substitute } from "../../sms/substitute";
import { count } from "../format";
import { Icon } from "../parts/icon";
import { askAtRest } from "../rest";
import { useUi } from "../state";

/** Until the server has said it: what carriers take at most. */
const USUAL_MAX_CHARS = 1600;

export interface HintsOf {
  max: number;
  /** Why it cannot be sent as it stands. */
  stop?: string;
  /** What goes out instead, if other characters do. */
  plain?: string;
  /** Characters that make it a text of more parts. */
  costly: string[];
  /** What the firm's rules say. */
  problems: string[];
}

export function useHints(conversation: Conversation, text: string): HintsOf {
  const { world } = useUi();
  const problems = useProblems(conversation, text);
  const max = world.me.value?.maxChars ?? USUAL_MAX_CHARS;
  if (conversation.kind === "team") return { max, stop: text.trim() ? undefined : "Nothing to send yet.", costly: [], problems: [] };
  const out = substitute(text);
  const over = [...out].length - max;
  const stop = !out.trim() ? "Nothing to send yet." : over > 0 ? tooLong(over, max) : undefined;
  const costs = cost(out);
  const costly = costs.encoding === "UCS-2" && costs.segments > 1 ? foreign(out) : [];
  return { max, stop, plain: out === text ? undefined : out, costly, problems };
}

function tooLong(over: number, max: number): string {
  return `This text is ${count(over, "character")} too long: at most ${max} can be sent as one. Send it in shorter texts.`;
}

/** Asked once the typing rests; without an answer there is nothing to say. */
function useProblems({ kind }: Conversation, text: string): string[] {
  const { world } = useUi();
  const [found, setFound] = useState<string[]>([]);
  useEffect(() => {
    if (kind !== "sms" || !text.trim()) return setFound([]);
    return askAtRest(() => world.check(text), (answer) => answer && setFound(answer.problems));
  }, [kind, text, world]);
  return found;
}

export function Hints({ hints, replace }: { hints: HintsOf; replace: (text: string) => void }) {
  const { plain, costly, problems } = hints;
  return (
    <div class="hints">
      {problems.map((words) => (
        <p key={words} class="note tone-warn" role="status">
          <Icon name="alert" />
          <span>{words}</span>
        </p>
      ))}
      {plain !== undefined && (
        <p class="note tone-plain">
          <Icon name="info" />
          <span>Curly quotes, dashes and the like go out as plain ones.</span>
          <button type="button" class="small" onClick={() => replace(plain)}>
            Replace now
          </button>
        </p>
      )}
      {costly.length > 0 && (
        <p class="note tone-plain">
          <Icon name="info" />
          <span>
            {list(costly)} {costly.length === 1 ? "makes" : "make"} this text longer on the air: 67 characters a part
            instead of 153.
          </span>
        </p>
      )}
    </div>
  );
}

function list(characters: string[]): string {
  return characters.map((c) => `“${c}”`).join(", ");
}
