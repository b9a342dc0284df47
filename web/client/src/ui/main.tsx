/** The list and the conversation beside it; on narrow screens one of them. */
import { useEffect } from "preact/hooks";
import { Conversation } from "./room/conversation";
import { List } from "./list/list";
import { Banner } from "./parts/banner";
import { Keyboard } from "./dialogs/keyboard";
import { Menu } from "./dialogs/menu";
import { NewConversation } from "./dialogs/new";
import { SignOut } from "./dialogs/sign-out";
import { Nothing } from "./room/nothing";
import { useBack } from "./back";
import { useReopen } from "./opened";
import { useShortcuts } from "./shortcuts";
import { conversation, useUi } from "./state";

export function Main() {
  const ui = useUi();
  useShortcuts(ui);
  useBack(ui);
  useReopen(ui);
  useEffect(() => () => (ui.dialog.value = undefined), [ui]);
  const open = conversation(ui, ui.selected.value);
  return (
    <main class={`shell ${open ? "shell-open" : ""}`}>
      <h1 class="unseen">Verbatim</h1>
      <Banner />
      <List />
      <div class="pane">{open ? <Conversation key={open.id} conversation={open} /> : <Nothing />}</div>
      <Dialogs />
    </main>
  );
}

function Dialogs() {
  const ui = useUi();
  const close = () => (ui.dialog.value = undefined);
  switch (ui.dialog.value) {
    case "new":
      return <NewConversation onClose={close} />;
    case "sign-out":
      return <SignOut onClose={close} />;
    case "menu":
      return <Menu onClose={close} />;
    case "keyboard":
      return <Keyboard onClose={close} />;
    case undefined:
      return null;
  }
}
