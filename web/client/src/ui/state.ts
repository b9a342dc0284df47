/** What the screens remember among themselves: what is open, sought, said. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type Signal, signal } from "@preact/signals";
import type { Conversation, Kind, World } from "../model";
import type { Filter } from "./list/order";
import { rememberOpened } from "./opened";
import { preference } from "./preference";

export type Dialog = "new" | "menu" | "sign-out" | "keyboard";
export type Theme = "system" | "light" | "dark";

export interface Ui {
  world: World;
  /** The conversation on the screen; on narrow screens none is the list. */
  selected: Signal<string | undefined>;
  query: Signal<string>;
  filter: Signal<Filter>;
  dialog: Signal<Dialog | undefined>;
  theme: Signal<Theme>;
  /** Whether "/" alone seeks; some people's input methods type such keys by themselves. */
  singleKeys: Signal<boolean>;
  /** Groups of the list of which only the heading shows. */
  folded: Record<Kind, Signal<boolean>>;
  /** Ticks by the minute. */
  now: Signal<number>;
  /** What a screen reader says next. */
  said: Signal<string>;
  select(id: string | undefined): void;
}

export function createUi(world: World, now = Date.now()): Ui {
  const ui: Ui = {
    world,
    selected: signal(undefined),
    query: signal(""),
    filter: signal<Filter>("all"),
    dialog: signal(undefined),
    theme: preference<Theme>("theme", "system", ["system", "light", "dark"]),
    singleKeys: preference<boolean>("single-keys", true, [true, false]),
    folded: { sms: preference("folded-sms", false, [true, false]), team: preference("folded-team", false, [true, false]) },
    now: signal(now),
    said: signal(""),
    select(id) {
      if (id === ui.selected.peek()) return;
      ui.selected.value = id;
      rememberOpened(id);
      world.open(id);
    },
  };
  return ui;
}

const Context = createContext<Ui | undefined>(undefined);
export const UiProvider = Context.Provider;

export function useUi(): Ui {
  const ui = useContext(Context);
  if (!ui) throw new Error("no UiProvider above");
  return ui;
}

export function conversation(ui: Ui, id: string | undefined): Conversation | undefined {
  return id === undefined ? undefined : ui.world.conversations.value.find((c) => c.id === id);
}
