/** The recovery key, shown once. */
import { useState } from "preact/hooks";
import type { Stage } from "../../model";
import { inFours } from "../format";
import { useRequest } from "../parts/busy";
import { Card } from "../parts/card";
import { Icon } from "../parts/icon";
import { ProblemNote } from "../parts/problem";
import { useUi } from "../state";

export function KeepKey({ stage }: { stage: Extract<Stage, { at: "keep-recovery-key" }> }) {
  const { world } = useUi();
  const [kept, setKept] = useState(false);
  const { busy: asking, trouble, run } = useRequest();
  const busy = asking || stage.busy;
  const groups = inFours(stage.recoveryKey);
  return (
    <Card title="Keep your recovery key" wide>
      <p>
        With this key you can read your older messages in another browser, or in this browser after its data was
        deleted. It is shown only now, and nobody can give it to you again.
      </p>
      <ol class="key" aria-label={`Recovery key, ${groups.length} groups`}>
        {groups.map((group, at) => (
          <li key={at}>{group}</li>
        ))}
      </ol>
      <KeyTools groups={groups} />
      <p class="hint">
        Keep it where you keep passwords, or print it and lock it away. Without it, new messages can still be read, and
        the firm’s record has every text.
      </p>
      <label class="tick">
        <input type="checkbox" checked={kept} onChange={(e) => setKept(e.currentTarget.checked)} />I have kept my
        recovery key
      </label>
      <ProblemNote problem={trouble ?? stage.error} />
      <div class="actions">
        <button type="button" class="primary" disabled={!kept} aria-disabled={busy} onClick={() => run(() => world.keyIsKept())}>
          {busy ? "One moment…" : "Continue"}
        </button>
      </div>
    </Card>
  );
}

function KeyTools({ groups }: { groups: string[] }) {
  const [done, setDone] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(groups.join(" "));
      setDone("Copied");
    } catch {
      setDone("This browser does not allow copying: select the key and copy it");
    }
  };
  return (
    <div class="actions tools">
      <button type="button" onClick={copy}>
        <Icon name="copy" />
        Copy
      </button>
      <button type="button" onClick={() => download(groups)}>
        <Icon name="download" />
        Download
      </button>
      <button type="button" onClick={() => window.print()}>
        <Icon name="printer" />
        Print
      </button>
      <span class="hint" role="status">
        {done}
      </span>
    </div>
  );
}

function download(groups: string[]): void {
  const text = `Verbatim recovery key\n\n${groups.join(" ")}\n\nIt opens your older messages. Keep it as you keep passwords.\n`;
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "verbatim-recovery-key.txt";
  link.click();
  URL.revokeObjectURL(url);
}
