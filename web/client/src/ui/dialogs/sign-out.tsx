import { useEffect, useRef, useState } from "preact/hooks";
import { count } from "../format";
import { useRequest } from "../parts/busy";
import { Modal } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { ProblemNote } from "../parts/problem";
import { useUi } from "../state";

/** How it stands with the keys that one's next browser needs. */
type Keys = "not-asked" | "saving" | "not-saved" | "done";

export function SignOut({ onClose }: { onClose: () => void }) {
  const { trouble, keys, leave } = useLeaving();
  return (
    <Modal title="Sign out of this browser?" onClose={onClose}>
      <p>This deletes from this browser:</p>
      <ul class="bullets">
        <li>the messages that it has kept, and the keys to them</li>
        <li>drafts, and texts that have not gone out yet</li>
      </ul>
      <p>
        Nothing is deleted at the firm or at your clients. To read older messages here again, you need your recovery
        key.
      </p>
      <Lost />
      <div role="status">{keys === "saving" && <p class="hint">Your next browser finds your keys in the backup. This takes ten seconds at most.</p>}</div>
      <div role="alert">{keys === "not-saved" && <NotSaved />}</div>
      <ProblemNote problem={trouble} />
      <div class="actions actions-end">
        <button type="button" onClick={onClose}>
          Stay signed in
        </button>
        <button type="button" class="danger" aria-disabled={keys === "saving" || keys === "done"} onClick={leave}>
          {WORDS[keys]}
        </button>
      </div>
    </Modal>
  );
}

const WORDS: Record<Keys, string> = {
  "not-asked": "Sign out and delete",
  saving: "Saving your keys…",
  "not-saved": "Sign out all the same",
  done: "Signing out…",
};

/** First the keys go into the backup. Where they cannot, one is asked again, and may leave all the same. */
function useLeaving() {
  const { world } = useUi();
  const { trouble, run } = useRequest();
  const [keys, setKeys] = useState<Keys>("not-asked");
  const isOpen = useRef(true);
  useEffect(() => () => void (isOpen.current = false), []);
  const leave = async () => {
    if (keys === "saving" || keys === "done") return;
    const went = await run(async () => {
      if (keys === "not-asked") {
        setKeys("saving");
        const saved = await world.saveKeys();
        // Who has closed the dialog meanwhile stays.
        if (!isOpen.current) return;
        if (!saved) return setKeys("not-saved");
      }
      setKeys("done");
      await world.signOut();
    });
    if (!went) setKeys("not-asked");
  };
  return { trouble, keys, leave };
}

function NotSaved() {
  return (
    <div class="note tone-warn">
      <Icon name="alert" />
      <p>
        Not all keys of your texts are in the backup. If you sign out now, you may never be able to read some of them
        again, though the firm’s record has them. Wait until the chat server answers and try again; where you went on
        without your recovery key, reload the page and enter it first.
      </p>
    </div>
  );
}

/** What is here only, and goes. */
function Lost() {
  const all = useUi().world.conversations.value;
  const drafts = all.filter((c) => c.draft.trim()).length;
  const waiting = all.filter((c) => c.last?.mine && c.last.delivery?.state === "queued").length;
  if (drafts === 0 && waiting === 0) return null;
  const parts = [drafts > 0 && count(drafts, "draft"), waiting > 0 && `unsent texts in ${count(waiting, "conversation")}`];
  return (
    <div class="note tone-warn">
      <Icon name="alert" />
      <p>You would lose {parts.filter(Boolean).join(" and ")}.</p>
    </div>
  );
}
