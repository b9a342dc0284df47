import { Icon } from "../parts/icon";

/** In the place of the box, while nothing can be sent. */
export function Blocked({ why, draft }: { why: string; draft: string }) {
  return (
    <div class="blocked">
      <p>
        <Icon name="stop" />
        <span>
          <strong>You cannot text here now.</strong> {why}
        </span>
      </p>
      {draft.trim() && (
        <p class="blocked-draft">
          <span class="hint">Your draft is kept:</span> <span dir="auto">{draft}</span>
        </p>
      )}
    </div>
  );
}
