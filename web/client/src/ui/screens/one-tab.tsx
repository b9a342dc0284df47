import { Card } from "../parts/card";
import { useRequest } from "../parts/busy";
import { Icon } from "../parts/icon";
import { ProblemNote } from "../parts/problem";
import { useUi } from "../state";

export function OpenElsewhere() {
  return (
    <Card title="Verbatim is open in another tab">
      <p>Only one tab of this browser can be in use at a time, so that your messages stay readable.</p>
      <UseHere />
    </Card>
  );
}

export function Moved() {
  return (
    <Card title="You went on in another tab">
      <p>This tab has stopped. You can close it, or come back here; nothing you wrote is lost.</p>
      <UseHere />
    </Card>
  );
}

function UseHere() {
  const { world } = useUi();
  const { busy, trouble, run } = useRequest();
  return (
    <>
      <ProblemNote problem={trouble} />
      <div class="actions">
        <button type="button" class="primary" aria-disabled={busy} onClick={() => run(() => world.useHere())}>
          <Icon name="tabs" />
          {busy ? "Moving here…" : "Use it here"}
        </button>
      </div>
    </>
  );
}
