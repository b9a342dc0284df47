/** Where one writes. Nothing typed is lost: a text leaves the box when it is kept, not before. */
import { useRef, useState } from "preact/hooks";
import type { Conversation, Problem } from "../../model";
import { Icon } from "../parts/icon";
import { ProblemNote } from "../parts/problem";
import { COMPOSER_ID, toList } from "../shortcuts";
import { useUi } from "../state";
import { problem } from "../words";
import { Blocked } from "./blocked";
import { Counter } from "./counter";
import { type Draft, useDraft } from "./draft";
import { useFilesRefused } from "./files";
import { Hints, type HintsOf, useHints } from "./hints";

export function Composer({ conversation }: { conversation: Conversation }) {
  const draft = useDraft(conversation);
  const blocked = conversation.sms?.blocked;
  if (blocked !== undefined) return <Blocked why={blocked} draft={draft.text} />;
  return <Open conversation={conversation} draft={draft} />;
}

function Open({ conversation, draft }: { conversation: Conversation; draft: Draft }) {
  const ui = useUi();
  const box = useRef<HTMLTextAreaElement>(null);
  const { text } = draft;
  const latest = useRef(text);
  latest.current = text;
  const [said, setSaid] = useState("");
  const [trouble, setTrouble] = useState<Problem>();
  const hints = useHints(conversation, text);
  const files = useFilesRefused();
  const sms = conversation.kind === "sms";
  const typed = (value: string) => {
    setSaid("");
    files.forget();
    latest.current = value;
    draft.write(value);
  };
  const submit = async () => {
    if (hints.stop) {
      setSaid(text.trim() ? hints.stop : "");
      return;
    }
    latest.current = "";
    draft.clear();
    box.current?.focus();
    setTrouble(undefined);
    try {
      await ui.world.send(conversation.id, text);
      draft.settle(latest.current);
    } catch (why) {
      // What could not be kept comes back, before what was typed since.
      typed([text, latest.current].filter(Boolean).join("\n"));
      setTrouble(problem(why));
    }
  };
  return (
    <form
      class={`composer composer-${conversation.kind}`}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
      onDragOver={files.over}
      onDrop={files.drop}
    >
      <ProblemNote problem={trouble} />
      <Notes said={said} refused={files.refused} hints={hints} replace={typed} />
      <div class="write">
        {/* The copy behind the box gives it its height, without a style of its own. */}
        <div class="grow" data-text={`${text}\u200b`}>
          <textarea
            ref={box}
            id={COMPOSER_ID}
            rows={1}
            value={text}
            dir="auto"
            aria-label={sms ? `Text to ${conversation.name}, goes out as SMS` : `Message to ${conversation.name}`}
            aria-describedby="reminder"
            placeholder={sms ? "Write a text" : "Write a message"}
            enterkeyhint="send"
            onInput={(e) => typed(e.currentTarget.value)}
            onPaste={files.paste}
            onKeyDown={(event) => {
              if (event.isComposing) return;
              if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.altKey) {
                event.preventDefault();
                void submit();
              } else if (event.key === "Escape") {
                event.preventDefault();
                toList(ui);
              }
            }}
          />
        </div>
        <button type="submit" class="primary send" aria-disabled={hints.stop !== undefined} title="Send (Enter)">
          <Icon name="arrow" />
          <span class="unseen">{sms ? "Send as SMS" : "Send"}</span>
        </button>
      </div>
      <div class="composer-foot">
        <p id="reminder" class="reminder">
          <Icon name={sms ? "phone" : "people"} />
          {reminder(conversation)}
        </p>
        {sms && text !== "" && <Counter text={text} max={hints.max} />}
      </div>
    </form>
  );
}

function reminder({ kind, encrypted }: Conversation): string {
  if (kind === "sms") return "Goes out as SMS, outside encryption, recorded";
  return encrypted ? "Team message, encrypted for its members" : "Team message, no SMS";
}

function Notes({ said, refused, hints, replace }: { said: string; refused: string; hints: HintsOf; replace: (text: string) => void }) {
  return (
    <>
      <div role="alert">
        {(said || refused) && (
          <p class="note tone-bad">
            <Icon name="alert" />
            <span>{refused || said}</span>
          </p>
        )}
      </div>
      <Hints hints={hints} replace={replace} />
    </>
  );
}
