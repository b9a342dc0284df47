/** What became of a text, in words, and what can be done about it. */
import type { Conversation, Entry } from "../../model";
import { useRequest } from "../parts/busy";
import { Icon } from "../parts/icon";
import { ProblemNote } from "../parts/problem";
import { useUi } from "../state";
import { mark } from "../words";

export function Fate({ entry, conversation }: { entry: Entry; conversation: Conversation }) {
  if (!entry.delivery) return null;
  const { words, tone } = mark(entry.delivery, conversation.kind);
  const failed = entry.delivery.state === "failed";
  return (
    <div class={`fate tone-${tone}`}>
      <p>
        {failed && <span class="unseen">Failed: </span>}
        {words}
      </p>
      {entry.delivery.state === "failed" && <Ways entry={entry} id={conversation.id} {...entry.delivery} />}
    </div>
  );
}

function Ways({ entry, id, canRetry, canDiscard }: { entry: Entry; id: string; canRetry: boolean; canDiscard?: boolean }) {
  const { world } = useUi();
  const { busy, trouble, run } = useRequest();
  if (!canRetry && !canDiscard) return null;
  return (
    <>
      <ProblemNote problem={trouble} />
      <p class="ways">
        {canRetry && (
          <button type="button" class="small" aria-disabled={busy} onClick={() => run(() => world.retry(id, entry.key))}>
            <Icon name="retry" />
            Retry
          </button>
        )}
        {canDiscard && (
          <button type="button" class="small quiet" aria-disabled={busy} onClick={() => run(() => world.discard(id, entry.key))}>
            Discard
          </button>
        )}
      </p>
    </>
  );
}
