/** Beginning a conversation with a number, or finding the one there is. */
import { useEffect, useState } from "preact/hooks";
import type { Conversation, Me } from "../../model";
import { phoneNumber } from "../format";
import { useRequest } from "../parts/busy";
import { Modal } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { ProblemNote } from "../parts/problem";
import { fold } from "../list/order";
import { askAtRest } from "../rest";
import { toComposer, toHeading } from "../shortcuts";
import { useUi } from "../state";
import { TYPED_WORDS, typed } from "./number";

export function NewConversation({ onClose }: { onClose: () => void }) {
  const me = useUi().world.me.value;
  if (!me?.numbers) return <NumbersUnknown onClose={onClose} />;
  if (me.numbers.length === 0) return <NoNumber onClose={onClose} />;
  return <Begin me={me} numbers={me.numbers} onClose={onClose} />;
}

type Numbers = NonNullable<Me["numbers"]>;

function Begin({ me, numbers, onClose }: { me: Me; numbers: Numbers; onClose: () => void }) {
  const ui = useUi();
  const [number, setNumber] = useState("");
  const [name, setName] = useState("");
  const [chosen, setFrom] = useState<string>();
  const from = chosen ?? numbers[0]?.number;
  const found = known(ui.world.conversations.value, number);
  const verdict = useVerdict(number, from, found.length > 0);
  // Without an answer nothing is forbidden here: the server decides when the conversation begins.
  const askable = verdict.state === "good" || verdict.state === "unanswered";
  const { busy, trouble, run } = useRequest();
  const show = (id: string) => {
    onClose();
    ui.query.value = "";
    ui.select(id);
  };
  const begun = (id: string) => {
    show(id);
    toComposer();
  };
  // By a key one may still be typing for the form, and what is typed then must not become a text.
  const open = (id: string, byKey: boolean) => {
    show(id);
    if (byKey) toHeading();
    else toComposer();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (!askable) return;
    void run(async () => begun(await ui.world.start(number.trim(), name.trim() || undefined, from)));
  };
  return (
    <Modal title="New text" onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <NumberField number={number} region={me.region} verdict={verdict} write={setNumber} />
        <label class="field">
          <span>
            Client’s name <span class="optional">if you know it</span>
          </span>
          <input autocomplete="off" maxLength={80} value={name} onInput={(e) => setName(e.currentTarget.value)} />
        </label>
        <From numbers={numbers} from={from} choose={setFrom} />
        <Known found={found} open={open} />
        <Rules firm={me.firm} />
        <ProblemNote problem={trouble} />
        <div class="actions actions-end">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" aria-disabled={busy || !askable}>
            {busy ? "Opening…" : "Open conversation"}
          </button>
        </div>
      </form>
    </Modal>
  );
}

/** Our API has not said yet who I am: it is asked again. */
function NumbersUnknown({ onClose }: { onClose: () => void }) {
  const { world } = useUi();
  const { busy, trouble, run } = useRequest();
  const ask = () => void run(() => world.learn());
  useEffect(ask, [world]);
  return (
    <Modal title="New text" onClose={onClose}>
      <p role="status">{busy ? "Asking Verbatim for your numbers…" : ""}</p>
      <ProblemNote problem={trouble} />
      <div class="actions actions-end">
        <button type="button" onClick={onClose}>
          Close
        </button>
        <button type="button" class="primary" aria-disabled={busy} onClick={ask}>
          Try again
        </button>
      </div>
    </Modal>
  );
}

function NoNumber({ onClose }: { onClose: () => void }) {
  return (
    <Modal title="New text" onClose={onClose}>
      <p>You have no number to text from. If you should have one, ask your administrator.</p>
      <div class="actions actions-end">
        <button type="button" class="primary" onClick={onClose}>
          Close
        </button>
      </div>
    </Modal>
  );
}

type Verdict = { state: "none" | "asking" | "good" | "bad" | "unanswered"; words: string[] };

function verdictOf(problems: string[] | undefined): Verdict {
  if (!problems) return { state: "unanswered", words: [] };
  return { state: problems.length > 0 ? "bad" : "good", words: problems };
}

/** What this page and then the firm's rules say of the number, once the typing rests. */
function useVerdict(number: string, from: string | undefined, named: boolean): Verdict {
  const { world } = useUi();
  const [answer, setAnswer] = useState<Verdict>({ state: "none", words: [] });
  const shape = typed(number);
  useEffect(() => {
    if (shape !== "askable") return setAnswer({ state: "none", words: [] });
    setAnswer({ state: "asking", words: [] });
    return askAtRest(() => world.check("", number.trim(), from), (answer) => setAnswer(verdictOf(answer?.problems)));
  }, [number, from, shape, world]);
  // A name that leads to a conversation is no wrong number.
  const words = shape === "letters" && named ? undefined : TYPED_WORDS[shape];
  return words ? { state: "bad", words: [words] } : answer;
}

function NumberField({ number, region, verdict, write }: { number: string; region?: string; verdict: Verdict; write: (n: string) => void }) {
  return (
    <div class="field">
      <label for="new-number">Client’s number</label>
      <input
        id="new-number"
        type="tel"
        autocomplete="off"
        autofocus
        required
        aria-invalid={verdict.state === "bad"}
        aria-describedby="new-number-verdict"
        value={number}
        onInput={(e) => write(e.currentTarget.value)}
      />
      <div id="new-number-verdict" class={`verdict verdict-${verdict.state}`} role="status">
        <Said verdict={verdict} region={region} />
      </div>
    </div>
  );
}

function Said({ verdict, region }: { verdict: Verdict; region?: string }) {
  switch (verdict.state) {
    case "none":
      return <p>{region ? `With country code, or dialled as in: ${country(region)}. You can also type a name.` : "With country code, such as +1 or +44."}</p>;
    case "asking":
      return <p>Checking…</p>;
    case "good":
      return (
        <p>
          <Icon name="check" />
          You may text this number.
        </p>
      );
    case "unanswered":
      return <p>The number could not be checked now. It is checked again when you go on.</p>;
    case "bad":
      return (
        <>
          {verdict.words.map((words) => (
            <p key={words}>
              <Icon name="alert" />
              {words}
            </p>
          ))}
        </>
      );
  }
}

function country(region: string): string {
  try {
    return new Intl.DisplayNames("en", { type: "region" }).of(region) ?? region;
  } catch {
    return region;
  }
}

/** Conversations that there are already, by name or by the last four digits. Behind the fields: who goes on by Tab fills them in. */
function Known({ found, open }: { found: Conversation[]; open: (id: string, byKey: boolean) => void }) {
  if (found.length === 0) return null;
  return (
    <ul class="known" aria-label="Conversations there are already">
      {found.map((c) => (
        <li key={c.id}>
          {/* A click that a key made has no count. */}
          <button type="button" onClick={(event) => open(c.id, event.detail === 0)}>
            <span class="known-name">{c.name}</span>
            {c.sms?.facts?.maskedNumber !== c.name && <span class="number">{c.sms?.facts?.maskedNumber}</span>}
            <span class="known-go">Open</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function known(all: Conversation[], query: string): Conversation[] {
  const sms = all.filter((c) => c.kind === "sms");
  const digits = query.replace(/\D/g, "");
  if (/\p{L}/u.test(query)) return sms.filter((c) => fold(c.name).includes(fold(query.trim()))).slice(0, 4);
  if (digits.length < 7) return [];
  return sms.filter((c) => c.sms?.facts?.maskedNumber.endsWith(digits.slice(-4))).slice(0, 4);
}

function From({ numbers, from, choose }: { numbers: Numbers; from: string | undefined; choose: (number: string) => void }) {
  const [only] = numbers;
  if (numbers.length === 1 && only) {
    return (
      <p class="hint">
        Goes out from your <span class="number">{phoneNumber(only.number)}</span>
      </p>
    );
  }
  return (
    <label class="field">
      From your number
      <select value={from} onChange={(e) => choose(e.currentTarget.value)}>
        {numbers.map(({ id, number }) => (
          <option key={id} value={number}>
            {phoneNumber(number)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Rules({ firm }: { firm?: string }) {
  return (
    <div class="rules">
      <h3>{firm ? `Rules at ${firm}` : "The firm’s rules"}</h3>
      <ul class="bullets">
        <li>Your firm may first tell the client whom they text with and that it is recorded.</li>
        <li>Every text is recorded, in both directions. It leaves the encryption when it goes to the phone.</li>
        <li>A client who answers STOP is not texted again until they text START.</li>
      </ul>
    </div>
  );
}
