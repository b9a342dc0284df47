import { useId, useState } from "preact/hooks";
import { Icon } from "./icon";

/** A password, which can be looked at while it is typed. */
export function PasswordField({ value, onChange }: { value: string; onChange: (typed: string) => void }) {
  const [shown, setShown] = useState(false);
  const id = useId();
  // The types know no field that changes between the two.
  const type = (shown ? "text" : "password") as "password";
  return (
    <div class="field">
      <label for={id}>Password</label>
      <div class="with-button">
        <input
          id={id}
          name="password"
          type={type}
          autocomplete="current-password"
          required
          value={value}
          onInput={(e) => onChange(e.currentTarget.value)}
        />
        <button type="button" class="quiet" aria-pressed={shown} aria-label="Show password" onClick={() => setShown(!shown)}>
          <Icon name="eye" />
        </button>
      </div>
    </div>
  );
}
