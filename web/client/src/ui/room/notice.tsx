/** What the service says about a text: never to be taken for something a person wrote. */
import type { Entry } from "../../model";
import { Icon } from "../parts/icon";
import { Plain } from "./body";
import { Time } from "./run";
import { entryElement } from "./scroll";

export function Notice({ entry, entries }: { entry: Entry; entries: Entry[] }) {
  const { body } = entry;
  if (body.is !== "notice" && body.is !== "text") return null;
  const about = body.is === "notice" ? entries.find((e) => e.key === body.about) : undefined;
  const follows = about !== undefined && entries[entries.indexOf(entry) - 1] === about;
  // The words stand under the text already.
  if (follows && about.delivery?.state === "failed" && about.delivery.reason === body.text) return null;
  return (
    <div class={`notice ${follows ? "notice-follows" : ""}`} data-key={entry.key}>
      <p class="notice-head">
        <Icon name="info" />
        <strong>{entry.name ?? "Verbatim"}</strong>
        <span class="notice-kind">Notice</span>
        <Time at={entry.at} />
      </p>
      {about && !follows && <About entry={about} />}
      <p class="words">
        <Plain text={body.text} />
      </p>
    </div>
  );
}

/** Leads to the text that a notice is about. */
function About({ entry }: { entry: Entry }) {
  const show = (event: Event) => {
    const box = (event.currentTarget as HTMLElement).closest<HTMLElement>(".timeline");
    const found = box && entryElement(box, entry.key);
    if (!found) return;
    found.scrollIntoView({ block: "center" });
    found.classList.remove("shown");
    // Reading a size lets the highlight start anew.
    void found.offsetWidth;
    found.classList.add("shown");
  };
  const words = entry.body.is === "text" ? `“${entry.body.text}”` : "an earlier message";
  return (
    <button type="button" class="about" onClick={show} title="Show it">
      <span>About {words}</span>
    </button>
  );
}
