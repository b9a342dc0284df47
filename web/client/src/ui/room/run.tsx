import type { Entry } from "../../model";
import { clock, exact } from "../format";
import { Icon } from "../parts/icon";
import { mark } from "../words";
import { Body } from "./body";
import { Fate } from "./fate";
import { type Run, wordy } from "./group";
import { Notice } from "./notice";
import type { Shared } from "./timeline";

/** What one person wrote in one go. */
export function RunView({ run, ...shared }: Shared & { run: Run }) {
  const first = run.entries[0];
  if (!first) return null;
  if (first.body.is === "event") {
    return (
      <p class="happening" data-key={first.key}>
        {first.body.text} <Time at={first.at} />
      </p>
    );
  }
  if (first.body.is === "notice" || first.who === "bot") {
    return (
      <>
        {run.entries.map((entry) => (
          <Notice key={entry.key} entry={entry} entries={shared.entries} />
        ))}
      </>
    );
  }
  // Two people, each on their own side: only a third needs a name.
  const named = shared.conversation.kind === "team" || run.who === "colleague";
  return (
    <div class={`run run-${run.who}`}>
      <p class={named ? "run-name" : "unseen"} dir="auto">
        {run.who === "me" ? "You" : (run.name ?? "Somebody")}
        {shared.conversation.kind === "team" && <Time at={run.at} />}
      </p>
      {run.entries.map((entry) => (
        <Said key={entry.key} entry={entry} {...shared} />
      ))}
    </div>
  );
}

function Said({ entry, conversation, lastMine }: Shared & { entry: Entry }) {
  const state = entry.delivery && mark(entry.delivery, conversation.kind);
  const words = wordy(entry, lastMine);
  return (
    <div class={`said said-${entry.body.is} ${entry.delivery?.state === "failed" ? "said-failed" : ""}`} data-key={entry.key}>
      <div class="bubble">
        <Body entry={entry} kind={conversation.kind} />
        <span class="meta">
          <Time at={entry.at} />
          {state && (
            <span class={`meta-mark tone-${state.tone}`} title={state.words}>
              <Icon name={state.icon} label={words ? undefined : state.words} />
            </span>
          )}
        </span>
      </div>
      {words && <Fate entry={entry} conversation={conversation} />}
    </div>
  );
}

export function Time({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(at)}>
      {clock(at)}
    </time>
  );
}
