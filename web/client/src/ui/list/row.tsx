import type { Conversation } from "../../model";
import { exact, listTime } from "../format";
import { Avatar, KindBadge } from "../parts/badge";
import { Icon } from "../parts/icon";
import { toComposer } from "../shortcuts";
import { useUi } from "../state";
import { mark, need } from "../words";

export function Row({ conversation: c }: { conversation: Conversation }) {
  const ui = useUi();
  const open = ui.selected.value === c.id;
  const urgent = c.needsAction || c.invited;
  const choose = () => {
    ui.select(c.id);
    toComposer();
  };
  return (
    <li>
      <button type="button" class={`row ${c.unread > 0 ? "row-unread" : ""}`} data-room={c.id} aria-current={open ? "true" : undefined} onClick={choose}>
        <Avatar kind={c.kind} name={c.name} />
        <span class="row-top">
          <span class="row-name" dir="auto">
            {c.name}
          </span>
          <KindBadge kind={c.kind} />
          {c.last && (
            <time class="row-time" dateTime={new Date(c.last.at).toISOString()} title={exact(c.last.at)}>
              {listTime(c.last.at, ui.now.value)}
            </time>
          )}
        </span>
        <span class="row-bottom">
          <Last conversation={c} open={open} />
          {urgent && <span class="need">{need(c)}</span>}
          {!urgent && c.sms?.facts?.consent === "opted-out" && <span class="need">Opted out</span>}
          {c.unread > 0 && (
            <span class="unread">
              {c.unread > 99 ? "99+" : c.unread}
              <span class="unseen"> unread</span>
            </span>
          )}
        </span>
      </button>
    </li>
  );
}

/** The draft if there is one that is not on the screen already, else what was said last and how it stands. */
function Last({ conversation: { draft, last, kind, invited }, open }: { conversation: Conversation; open: boolean }) {
  if (draft.trim() && !open) {
    return (
      <span class="row-last" dir="auto">
        <span class="row-draft">Draft:</span> {draft}
      </span>
    );
  }
  if (!last) return <span class="row-last">{invited ? "You are asked to join" : "Nothing said yet"}</span>;
  const state = last.mine && last.delivery ? mark(last.delivery, kind) : undefined;
  return (
    <span class="row-last" dir="auto">
      {state && (
        <span class={`row-mark tone-${state.tone}`} title={state.words}>
          <Icon name={state.icon} label={state.words} />
        </span>
      )}
      {last.mine && <span class="row-you">You: </span>}
      {last.text}
    </span>
  );
}
