/** The screens: one for each stage of the world. */
import { useEffect, useMemo } from "preact/hooks";
import { useSignalEffect } from "@preact/signals";
import type { World } from "../model";
import "../style/index.css";
import { Announcer } from "./parts/announcer";
import { Main } from "./main";
import { Broken } from "./screens/broken";
import { Confirm } from "./screens/confirm";
import { KeepKey } from "./screens/keep-key";
import { LostKey, NewKey } from "./screens/new-key";
import { Moved, OpenElsewhere } from "./screens/one-tab";
import { Recover } from "./screens/recover";
import { SignIn } from "./screens/sign-in";
import { Waiting } from "./screens/waiting";
import { isOver, rememberOpened } from "./opened";
import { type Ui, UiProvider, createUi } from "./state";
import { applyTheme } from "./theme";

const MINUTE_MS = 60_000;

/** `now` stands still where it is given: for pictures. */
export function App({ world, now }: { world: World; now?: number }) {
  const ui = useMemo(() => createUi(world, now), [world, now]);
  useEffect(() => applyTheme(ui), [ui]);
  useEffect(() => {
    if (now !== undefined) return;
    const timer = setInterval(() => (ui.now.value = Date.now()), MINUTE_MS);
    return () => clearInterval(timer);
  }, [ui, now]);
  useSignalEffect(() => {
    document.title = title(ui);
  });
  useSignalEffect(() => {
    if (isOver(world.stage.value)) rememberOpened(undefined);
  });
  return (
    <UiProvider value={ui}>
      <Screen ui={ui} />
      <Announcer />
    </UiProvider>
  );
}

/** Counts only: a title is seen by whoever looks over a shoulder. */
function title({ world }: Ui): string {
  if (world.stage.value.at !== "ready") return "Verbatim";
  const unread = world.conversations.value.reduce((sum, c) => sum + c.unread, 0);
  return unread > 0 ? `(${unread}) Verbatim` : "Verbatim";
}

function Screen({ ui }: { ui: Ui }) {
  const stage = ui.world.stage.value;
  switch (stage.at) {
    case "starting":
      return <Waiting words="Opening your messages…" />;
    case "leaving":
      return <Waiting words="Signing out of this browser…" />;
    case "open-elsewhere":
      return <OpenElsewhere />;
    case "moved":
      return <Moved />;
    case "sign-in":
      return <SignIn stage={stage} />;
    case "keep-recovery-key":
      return <KeepKey stage={stage} />;
    case "recover":
      return <Recover stage={stage} />;
    case "lost-key":
      return <LostKey stage={stage} />;
    case "new-key":
      return <NewKey stage={stage} />;
    case "confirm":
      return <Confirm stage={stage} />;
    case "broken":
      return <Broken problem={stage.problem} />;
    case "ready":
      return <Main />;
  }
}
