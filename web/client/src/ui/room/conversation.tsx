import type { Conversation as Room } from "../../model";
import { useRequest } from "../parts/busy";
import { ProblemNote } from "../parts/problem";
import { useUi } from "../state";
import { Composer } from "./composer";
import { Header } from "./header";
import { Timeline } from "./timeline";

export function Conversation({ conversation }: { conversation: Room }) {
  return (
    <section class={`room room-${conversation.kind}`} aria-label={`Conversation with ${conversation.name}`}>
      <Header conversation={conversation} />
      {conversation.invited ? (
        <Invitation conversation={conversation} />
      ) : (
        <>
          <Timeline conversation={conversation} />
          <Composer conversation={conversation} />
        </>
      )}
    </section>
  );
}

function Invitation({ conversation: { id, kind, name } }: { conversation: Room }) {
  const { world } = useUi();
  const { busy, trouble, run } = useRequest();
  return (
    <div class="invitation">
      <h3>{kind === "sms" ? `Texts with ${name}` : `You are asked to join ${name}`}</h3>
      <p>
        {kind === "sms"
          ? "This client’s texts are yours to answer. Open the conversation to read them."
          : "Once you have joined, the members can see what you write here."}
      </p>
      <ProblemNote problem={trouble} />
      <button type="button" class="primary" aria-disabled={busy} onClick={() => run(() => world.accept(id))}>
        {busy ? "One moment…" : kind === "sms" ? "Open the conversation" : "Join"}
      </button>
    </div>
  );
}
