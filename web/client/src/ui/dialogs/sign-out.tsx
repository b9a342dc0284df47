import { count } from "../format";
import { useRequest } from "../parts/busy";
import { Modal } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { ProblemNote } from "../parts/problem";
import { useUi } from "../state";

export function SignOut({ onClose }: { onClose: () => void }) {
  const { world } = useUi();
  const { busy, trouble, run } = useRequest();
  const all = world.conversations.value;
  const drafts = all.filter((c) => c.draft.trim()).length;
  const waiting = all.filter((c) => c.last?.mine && c.last.delivery?.state === "queued").length;
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
      {(drafts > 0 || waiting > 0) && (
        <div class="note tone-warn">
          <Icon name="alert" />
          <p>
            You would lose {lost(drafts, waiting)}.
          </p>
        </div>
      )}
      <ProblemNote problem={trouble} />
      <div class="actions actions-end">
        <button type="button" onClick={onClose}>
          Stay signed in
        </button>
        <button type="button" class="danger" aria-disabled={busy} onClick={() => run(() => world.signOut())}>
          {busy ? "Signing out…" : "Sign out and delete"}
        </button>
      </div>
    </Modal>
  );
}

function lost(drafts: number, waiting: number): string {
  const parts = [drafts > 0 && count(drafts, "draft"), waiting > 0 && `unsent texts in ${count(waiting, "conversation")}`];
  return parts.filter(Boolean).join(" and ");
}
