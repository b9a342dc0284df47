import { Icon } from "../parts/icon";
import { useUi } from "../state";

/** Beside the list while nothing is open: what this is, in three lines. */
export function Nothing() {
  const ui = useUi();
  return (
    <div class="nothing">
      <h2>Choose a conversation</h2>
      <ul>
        <li>
          <span class="badge badge-sms">SMS</span> goes to a client’s phone. It leaves the encryption, and it is recorded.
        </li>
        <li>
          <span class="badge badge-team">Team</span> is chat with colleagues. It never goes to a phone.
        </li>
      </ul>
      <button type="button" onClick={() => (ui.dialog.value = "new")}>
        <Icon name="plus" />
        New text
      </button>
    </div>
  );
}
