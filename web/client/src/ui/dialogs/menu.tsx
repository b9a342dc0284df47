/** What one seldom needs: who one is here, looks, keys, leaving. */
import { phoneNumber } from "../format";
import { Modal } from "../parts/dialog";
import { type Theme, useUi } from "../state";

const THEMES: { id: Theme; words: string }[] = [
  { id: "system", words: "As the system" },
  { id: "light", words: "Light" },
  { id: "dark", words: "Dark" },
];

export function Menu({ onClose }: { onClose: () => void }) {
  const ui = useUi();
  const me = ui.world.me.value;
  const toRecoveryKey = () => {
    onClose();
    ui.world.toRecoveryKey();
  };
  return (
    <Modal title={me?.name || "Menu"} look="dialog-menu" onClose={onClose}>
      <div class="menu-me">
        <span>{me?.userId}</span>
        {me?.numbers?.map(({ id, number }) => (
          <span key={id}>
            Texts from <span class="number">{phoneNumber(number)}</span>
          </span>
        ))}
      </div>
      <fieldset class="choices">
        <legend>Appearance</legend>
        {THEMES.map(({ id, words }) => (
          <label key={id}>
            <input type="radio" name="theme" checked={ui.theme.value === id} onChange={() => (ui.theme.value = id)} />
            {words}
          </label>
        ))}
      </fieldset>
      <div class="menu-ways">
        <button type="button" class="quiet" onClick={() => (ui.dialog.value = "keyboard")}>
          Keyboard…
        </button>
        <button type="button" class="quiet" onClick={toRecoveryKey}>
          Recovery key…
        </button>
        <button type="button" class="quiet" onClick={() => (ui.dialog.value = "sign-out")}>
          Sign out…
        </button>
      </div>
    </Modal>
  );
}
