/** All conversations, in two groups: SMS and Team. */
import { useRef } from "preact/hooks";
import { useComputed } from "@preact/signals";
import { useUi } from "../state";
import { KindBadge } from "../parts/badge";
import { Icon, Sign } from "../parts/icon";
import { count } from "../format";
import { COMPOSER_ID, SEARCH_ID, focus } from "../shortcuts";
import { FILTERS, type Filter, type Group, groups, keeps } from "./order";
import { Row } from "./row";

export function List() {
  const ui = useUi();
  const rows = useRef<HTMLDivElement>(null);
  const shown = useComputed(() => groups(ui.world.conversations.value, ui.filter.value, ui.query.value, ui.selected.value));
  const me = ui.world.me.value;
  return (
    <nav class="list" aria-label="Conversations">
      <header class="list-head">
        <Sign />
        <div class="list-title">
          <p class="list-firm">{me?.firm || "Verbatim"}</p>
          <p>{me?.name}</p>
        </div>
        <button type="button" class="quiet to-menu" aria-label="Menu" title="Menu" aria-haspopup="dialog" onClick={() => (ui.dialog.value = "menu")}>
          <Icon name="menu" />
        </button>
      </header>
      <div class="list-tools">
        <Search first={() => rows.current?.querySelector<HTMLElement>(".row")} />
        <button type="button" class="primary" onClick={() => (ui.dialog.value = "new")} title="New text (Alt+N)">
          <Icon name="plus" />
          New text
        </button>
      </div>
      <Filters />
      <div class="list-rows" ref={rows} onKeyDown={(e) => walk(e, rows.current)}>
        {shown.value.map((group) => (
          <GroupRows key={group.kind} group={group} />
        ))}
        {shown.value.length === 0 && <Empty />}
      </div>
    </nav>
  );
}

function Search({ first }: { first: () => HTMLElement | null | undefined }) {
  const ui = useUi();
  const pressed = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (event.key === "ArrowDown") first()?.focus();
    else if (event.key === "Enter") first()?.click();
    else if (event.key === "Escape" && ui.query.value) ui.query.value = "";
    else if (event.key === "Escape") focus(COMPOSER_ID);
    else return;
    event.preventDefault();
  };
  return (
    <div class="search">
      <Icon name="search" />
      <input
        id={SEARCH_ID}
        type="search"
        aria-label="Search conversations"
        placeholder="Search"
        autocomplete="off"
        spellcheck={false}
        aria-keyshortcuts="Control+K"
        value={ui.query.value}
        onInput={(e) => (ui.query.value = e.currentTarget.value)}
        onKeyDown={pressed}
      />
      <kbd aria-hidden="true">Ctrl K</kbd>
    </div>
  );
}

function Filters() {
  const ui = useUi();
  const all = ui.world.conversations.value;
  const number = (filter: Filter) => (filter === "unread" || filter === "action" ? all.filter((c) => keeps(filter, c)).length : 0);
  return (
    <div class="filters" role="group" aria-label="Show">
      {FILTERS.map(({ id, words }) => (
        <button key={id} type="button" class="filter" aria-pressed={ui.filter.value === id} onClick={() => (ui.filter.value = id)}>
          {words}
          {number(id) > 0 && <span class={`filter-count filter-${id}`}>{number(id) > 99 ? "99+" : number(id)}</span>}
        </button>
      ))}
    </div>
  );
}

function GroupRows({ group: { kind, conversations } }: { group: Group }) {
  const ui = useUi();
  const id = `group-${kind}`;
  // Who searches wants to see what was found.
  const folded = ui.folded[kind].value && ui.query.value === "";
  const unread = conversations.reduce((sum, c) => sum + c.unread, 0);
  return (
    <section aria-labelledby={id} class="group">
      <h2 id={id}>
        <button type="button" class="group-head" aria-expanded={!folded} onClick={() => (ui.folded[kind].value = !folded)}>
          <Icon name="down" />
          <KindBadge kind={kind} />
          <span class="group-about">{kind === "sms" ? "With clients" : "With colleagues"}</span>
          <span class="group-count">{unread > 0 ? `${unread} unread` : count(conversations.length, "conversation")}</span>
        </button>
      </h2>
      {!folded && (
        <ul>
          {conversations.map((c) => (
            <Row key={c.id} conversation={c} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Empty() {
  const ui = useUi();
  const none = ui.world.conversations.value.length === 0;
  const everything = () => {
    ui.query.value = "";
    ui.filter.value = "all";
  };
  if (none) return <p class="empty">No conversations yet. When a client texts one of your numbers, it appears here.</p>;
  return (
    <div class="empty">
      <p>{ui.query.value ? `No conversation found for “${ui.query.value}”. Texts themselves are not searched.` : "Nothing here."}</p>
      <button type="button" onClick={everything}>
        Show all conversations
      </button>
    </div>
  );
}

/** Arrow keys between rows; up from the first leads to the search, Escape to the text. */
function walk(event: KeyboardEvent, rows: HTMLElement | null): void {
  const all = [...(rows?.querySelectorAll<HTMLElement>(".row") ?? [])];
  const at = all.indexOf(document.activeElement as HTMLElement);
  if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to !== undefined) {
    if (to < 0) focus(SEARCH_ID);
    else all[Math.min(to, all.length - 1)]?.focus();
  } else if (event.key === "Escape") focus(COMPOSER_ID);
  else return;
  event.preventDefault();
}
