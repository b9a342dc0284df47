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
    <Card title="Sign in">
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
      {!password && <ProblemNote problem={stage.error} />}
      {!password && sso.length === 0 && !stage.busy && !stage.error && (
        <p>The firm’s chat server offers no way to sign in that this page knows. Tell your administrator.</p>
      )}
    </Card>
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
