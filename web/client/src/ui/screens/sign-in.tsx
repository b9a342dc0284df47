import { useState } from "preact/hooks";
import type { Stage } from "../../model";
import { useRequest } from "../parts/busy";
import { Card } from "../parts/card";
import { Icon } from "../parts/icon";
import { PasswordField } from "../parts/password";
import { ProblemNote } from "../parts/problem";
import { useUi } from "../state";

type SignInStage = Extract<Stage, { at: "sign-in" }>;

const WHY: Record<NonNullable<SignInStage["why"]>, string> = {
  expired: "Your sign-in has run out. Sign in again and everything is here as you left it, unsent texts too.",
  "signed-out": "You are signed out. This browser kept none of your messages.",
  removed: "This browser was signed out from elsewhere: by you, or by your administrator.",
};

export function SignIn({ stage }: { stage: SignInStage }) {
  const { world } = useUi();
  const { password, sso } = stage.ways;
  return (
    <Card title="Sign in" toField={stage.why === undefined && sso.length === 0}>
      {stage.why && (
        <div class="note tone-plain">
          <Icon name="info" />
          <p>{WHY[stage.why]}</p>
        </div>
      )}
      {sso.length > 0 && (
        <div class="stack">
          {sso.map(({ id, name }) => (
            <button key={id} type="button" class={password ? "" : "primary"} onClick={() => world.signInBySso(id)}>
              <Icon name="key" />
              Continue with {name}
            </button>
          ))}
        </div>
      )}
      {sso.length > 0 && password && <p class="or">or with your password</p>}
      {password && <PasswordForm stage={stage} />}
      {stage.whose && <SomebodyElse whose={stage.whose} />}
      {!password && <ProblemNote problem={stage.error} />}
      {!password && sso.length === 0 && !stage.busy && !stage.error && (
        <p>The firm’s chat server offers no way to sign in that this page knows. Tell your administrator.</p>
      )}
    </Card>
  );
}

/** Where a login ran out somebody else can take the place only once nothing is left of it. */
function SomebodyElse({ whose }: { whose: string }) {
  const { world } = useUi();
  return (
    <details>
      <summary>You are not {whose}?</summary>
      <p>
        This browser keeps {whose}’s messages, keys, drafts and texts that have not gone out yet. Somebody else can
        sign in here once that is deleted.
      </p>
      <div class="actions">
        <button type="button" class="danger" onClick={() => world.signOut()}>
          Delete what is here of {whose}
        </button>
      </div>
    </details>
  );
}

function PasswordForm({ stage }: { stage: SignInStage }) {
  const { world } = useUi();
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const { busy: asking, trouble, run } = useRequest();
  const busy = asking || stage.busy;
  const submit = (event: Event) => {
    event.preventDefault();
    if (user.trim() && password) void run(() => world.signIn(user.trim(), password));
  };
  return (
    <form class="stack" onSubmit={submit}>
      <label class="field">
        User name
        <input name="username" autocomplete="username" autocapitalize="none" spellcheck={false} required value={user} onInput={(e) => setUser(e.currentTarget.value)} />
      </label>
      <PasswordField value={password} onChange={setPassword} />
      <ProblemNote problem={trouble ?? stage.error} />
      <button type="submit" class="primary" aria-disabled={busy}>
        {busy ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}
