/** What a new recovery key means: for who has lost theirs at the door, and for who is inside and has the keys. */
import type { ComponentChildren } from "preact";
import type { Stage } from "../../model";
import { useRequest } from "../parts/busy";
import { Card } from "../parts/card";
import { Icon } from "../parts/icon";
import { ProblemNote } from "../parts/problem";
import { useUi } from "../state";

export function LostKey({ stage }: { stage: Extract<Stage, { at: "lost-key" }> }) {
  return (
    <Card title="Go on without your recovery key" wide>
      <div class="note tone-plain">
        <Icon name="info" />
        <p>
          Does another browser still show your messages? Then go there and choose “Recovery key…” in its menu: it makes
          you a new one, and nothing is lost.
        </p>
      </div>
      <p>If there is none, your keys can be made anew here:</p>
      <ul class="bullets">
        <li>
          Your older messages stay locked for good, even if you find the old recovery key. The firm’s record has every
          text.
        </li>
        <li>You get a new recovery key, which is shown once. New messages can be read with it in other browsers.</li>
        <li>Your other browsers and Matrix apps, if any, will ask for the new recovery key.</li>
      </ul>
      <Ways stage={stage} words="Make my keys anew" look="danger" />
    </Card>
  );
}

export function NewKey({ stage }: { stage: Extract<Stage, { at: "new-key" }> }) {
  return (
    <Card title="Make a new recovery key" wide>
      <p>For when you have lost the one that you kept. Nothing is lost by it:</p>
      <ul class="bullets">
        <li>Your messages stay readable, here and in your other browsers.</li>
        <li>You get a new recovery key, which is shown once. The old one opens nothing any more.</li>
      </ul>
      <Ways stage={stage} words="Make a new recovery key" look="primary" />
    </Card>
  );
}

interface WaysProps {
  stage: Extract<Stage, { at: "lost-key" | "new-key" }>;
  words: ComponentChildren;
  look: "primary" | "danger";
}

function Ways({ stage, words, look }: WaysProps) {
  const { world } = useUi();
  const { busy: asking, trouble, run } = useRequest();
  const busy = asking || stage.busy;
  return (
    <>
      <ProblemNote problem={trouble ?? stage.error} />
      <div class="actions">
        <button type="button" class={look} aria-disabled={busy} onClick={() => run(() => world.newKey())}>
          {busy ? "One moment…" : words}
        </button>
        {!busy && (
          <button type="button" onClick={() => world.back()}>
            Back
          </button>
        )}
      </div>
    </>
  );
}
