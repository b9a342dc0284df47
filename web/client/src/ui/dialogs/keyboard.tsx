import { Modal } from "../parts/dialog";
import { useUi } from "../state";

const KEYS: [string[], string][] = [
  [["Ctrl", "K"], "Search"],
  [["/"], "Search (when you are not typing)"],
  [["↑", "↓"], "Go through the list"],
  [["Enter"], "Open a conversation; send"],
  [["Shift", "Enter"], "New line"],
  [["Escape"], "From the text to the list and back"],
  [["Alt", "↑"], "Previous conversation"],
  [["Alt", "↓"], "Next conversation"],
  [["Alt", "N"], "New text"],
];

export function Keyboard({ onClose }: { onClose: () => void }) {
  const ui = useUi();
  return (
    <Modal title="Keyboard" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, words]) => (
          <div key={words}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <label class="tick">
        <input type="checkbox" checked={ui.singleKeys.value} onChange={(e) => (ui.singleKeys.value = e.currentTarget.checked)} />
        “/” alone opens the search
      </label>
    </Modal>
  );
}
