import type { Consent, Kind } from "../../model";
import { initials } from "../format";
import { CONSENT, KIND } from "../words";
import { Icon } from "./icon";

/** Says SMS or Team in letters; the colour only repeats it. */
export function KindBadge({ kind }: { kind: Kind }) {
  return <span class={`badge badge-${kind}`}>{KIND[kind].badge}</span>;
}

export function ConsentChip({ consent }: { consent: Consent }) {
  const { words, about, tone, icon } = CONSENT[consent];
  return (
    <span class={`chip tone-${tone}`} title={about}>
      <Icon name={icon} />
      <span class="unseen">Consent: </span>
      {words}
    </span>
  );
}

/** Square for phones, round for people: shapes that differ without colour. */
export function Avatar({ kind, name }: { kind: Kind; name: string }) {
  const letters = initials(name);
  return (
    <span class={`avatar avatar-${kind}`} aria-hidden="true">
      {letters || <Icon name={kind === "sms" ? "phone" : "people"} />}
    </span>
  );
}
