/** Whom one writes to, and by which way: SMS and Team cannot be taken for one another. */
import type { Conversation, SmsFacts } from "../../model";
import { count, exact, phoneNumber } from "../format";
import { Avatar, ConsentChip, KindBadge } from "../parts/badge";
import { Icon } from "../parts/icon";
import { HEADING_ID, toList } from "../shortcuts";
import { useUi } from "../state";

export function Header({ conversation: c }: { conversation: Conversation }) {
  const ui = useUi();
  return (
    <header class={`room-head room-head-${c.kind}`}>
      <button type="button" class="quiet to-list" aria-label="Back to the list" onClick={() => toList(ui)}>
        <Icon name="back" />
      </button>
      <Avatar kind={c.kind} name={c.name} />
      <div class="room-who">
        <h2 id={HEADING_ID} tabIndex={-1}>
          <span dir="auto">{c.name}</span>
          <KindBadge kind={c.kind} />
        </h2>
        {c.sms ? <Numbers sms={c.sms} invited={c.invited} /> : <p class="room-way">{count(c.members, "member")}</p>}
      </div>
      <div class="room-chips">{c.sms ? <SmsChips facts={c.sms.facts} /> : <TeamChips encrypted={c.encrypted} />}</div>
    </header>
  );
}

function Numbers({ sms: { facts, factsAway }, invited }: { sms: SmsFacts; invited: boolean }) {
  if (!facts && invited) return null;
  if (!facts) {
    return <p class="room-way">{factsAway ? "Numbers and consent cannot be looked up now. Texts go on." : "Looking up the numbers…"}</p>;
  }
  return (
    <p class="room-way">
      <span>
        To <span class="number">{facts.maskedNumber}</span>
      </span>
      <span>
        from your <span class="number">{phoneNumber(facts.ourNumber)}</span>
      </span>
    </p>
  );
}

function SmsChips({ facts }: { facts: SmsFacts["facts"] }) {
  return (
    <>
      {facts && <ConsentChip consent={facts.consent} />}
      <span class="chip tone-plain" title={recorded(facts?.disclosedAt)}>
        <Icon name="record" />
        Recorded
      </span>
    </>
  );
}

function recorded(disclosedAt: number | undefined): string {
  const told = disclosedAt === undefined ? "" : ` The client was told so: ${exact(disclosedAt)}.`;
  return `Every text of this conversation, in both directions, is recorded.${told}`;
}

function TeamChips({ encrypted }: { encrypted: boolean | undefined }) {
  if (encrypted === undefined) return null;
  return encrypted ? (
    <span class="chip tone-plain" title="Only the members can read what is written here.">
      <Icon name="lock" />
      Encrypted
    </span>
  ) : (
    <span class="chip tone-warn" title="Whoever runs the chat server can read what is written here.">
      <Icon name="alert" />
      Not encrypted
    </span>
  );
}
