import { useState } from "preact/hooks";
import type { Stage } from "../../model";
import { inFours } from "../format";
import { useRequest } from "../parts/busy";
import { Card } from "../parts/card";
import { ProblemNote } from "../parts/problem";
import { useUi } from "../state";

export function Recover({ stage }: { stage: Extract<Stage, { at: "recover" }> }) {
  const { world } = useUi();
  const [typed, setTyped] = useState("");
  const { busy: asking, trouble, run } = useRequest();
  const busy = asking || stage.busy;
  const groups = inFours(typed);
  const submit = (event: Event) => {
    event.preventDefault();
    if (groups.length > 0) void run(() => world.recover(groups.join(" ")));
  };
  return (
    <Card title="Read older messages in this browser" wide>
      <p>Your older messages are locked. Enter the recovery key that you kept.</p>
      <form class="stack" onSubmit={submit}>
        <label class="field">
          Recovery key
          <textarea
            class="key-input"
            rows={3}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            aria-describedby="recover-hint"
            value={typed}
            onInput={(e) => setTyped(e.currentTarget.value)}
            onKeyDown={(e) => {
              if (e.key === "Enter") submit(e);
            }}
          />
        </label>
        <p id="recover-hint" class="hint">
          Groups of four letters and digits; gaps do not matter, capital letters do.
        </p>
        <ProblemNote problem={trouble ?? stage.error} />
        <div class="actions">
          <button type="submit" class="primary" aria-disabled={busy}>
            {busy ? "Unlocking…" : "Unlock older messages"}
          </button>
          <button type="button" onClick={() => world.lostKey()}>
            I don’t have my recovery key
          </button>
          <button type="button" onClick={() => world.skipRecovery()}>
            Go on without them
          </button>
        </div>
      </form>
      <p class="hint">
        If you go on without them, new messages can be read as usual, older ones stay locked in this browser, and you
        are asked again at your next visit. The firm’s record has every text.
      </p>
    </Card>
  );
}
