/** What one seldom needs: looks, keys, leaving. */
import { useEffect, useRef } from "preact/hooks";
import { phoneNumber } from "../format";
import { Icon } from "../parts/icon";
import { type Theme, useUi } from "../state";

const THEMES: { id: Theme; words: string }[] = [
  { id: "system", words: "As the system" },
  { id: "light", words: "Light" },
  { id: "dark", words: "Dark" },
];

export function Menu() {
  const ui = useUi();
  const self = useRef<HTMLDetailsElement>(null);
  const close = () => {
    if (self.current) self.current.open = false;
  };
  useEffect(() => {
    const outside = (event: Event) => {
      if (!self.current?.contains(event.target as Node)) close();
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
    };
  }, []);
  const escape = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !self.current?.open) return;
    event.preventDefault();
    close();
    self.current.querySelector("summary")?.focus();
  };
  const show = (dialog: "keyboard" | "sign-out") => () => {
    close();
    ui.dialog.value = dialog;
  };
  const me = ui.world.me.value;
  return (
    <details class="menu" ref={self} onKeyDown={escape}>
      <summary aria-label="Menu" title="Menu">
        <Icon name="menu" />
      </summary>
      <div class="menu-body">
        {me && (
          <div class="menu-me">
            <strong>{me.name}</strong>
            <span>{me.userId}</span>
            {me.numbers.map(({ id, number }) => (
              <span key={id}>Texts from {phoneNumber(number)}</span>
            ))}
          </div>
        )}
        <fieldset class="choices">
          <legend>Appearance</legend>
          {THEMES.map(({ id, words }) => (
            <label key={id}>
              <input type="radio" name="theme" checked={ui.theme.value === id} onChange={() => (ui.theme.value = id)} />
              {words}
            </label>
          ))}
        </fieldset>
        <button type="button" class="quiet" onClick={show("keyboard")}>
          Keyboard
        </button>
        <button type="button" class="quiet" onClick={show("sign-out")}>
          Sign out…
        </button>
      </div>
    </details>
  );
}
