/** The homeserver wants to know who asks before it lets keys be replaced. */
import { useState } from "preact/hooks";
import type { Stage } from "../../model";
import { Card } from "../parts/card";
import { PasswordField } from "../parts/password";
import { ProblemNote } from "../parts/problem";
import { useUi } from "../state";

export function Confirm({ stage }: { stage: Extract<Stage, { at: "confirm" }> }) {
  const { world } = useUi();
  const { password, page, busy } = stage;
  const [typed, setTyped] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    if (!busy && typed) world.confirm(typed);
  };
  return (
    <Card title="Confirm that it is you">
      <p>The firm’s chat server wants to be sure before it replaces your keys.</p>
      {password && (
        <form class="stack" onSubmit={submit}>
          <PasswordField value={typed} onChange={setTyped} />
          <ProblemNote problem={stage.error} />
          <button type="submit" class="primary" aria-disabled={busy}>
            {busy ? "One moment…" : "Confirm"}
          </button>
        </form>
      )}
      {password && page && <p class="or">or where you sign in to the firm</p>}
      {page && (
        <div class="stack">
          <p>
            <a href={page} target="_blank" rel="noopener noreferrer">
              Confirm on the chat server’s page
            </a>{" "}
            (opens in a new tab), then come back to this one.
          </p>
          {!password && <ProblemNote problem={stage.error} />}
          <button type="button" class={password ? "" : "primary"} aria-disabled={busy} onClick={() => busy || world.confirm()}>
            {busy ? "One moment…" : "I have confirmed it there"}
          </button>
        </div>
      )}
      {!busy && (
        <div class="actions">
          <button type="button" onClick={() => world.back()}>
            Back
          </button>
        </div>
      )}
    </Card>
  );
}
