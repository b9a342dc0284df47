/** Says what a person who does not see the screen would miss: new texts and failures. */
import { useEffect, useRef } from "preact/hooks";
import { useSignalEffect } from "@preact/signals";
import type { Conversation, Entry } from "../../model";
import { useUi } from "../state";
import { mark } from "../words";

export function Announcer() {
  const ui = useUi();
  const heard = useRef(new Map<string, number>());
  const seen = useRef<{ id: string; at: number; failed: Set<string> } | undefined>(undefined);
  const first = useRef(true);

  useSignalEffect(() => {
    const all = ui.world.conversations.value;
    if (!first.current) for (const c of all) elsewhere(c);
    first.current = false;
    heard.current = new Map(all.map((c) => [c.id, c.unread]));
  });

  function elsewhere(c: Conversation) {
    const more = c.unread > (heard.current.get(c.id) ?? 0);
    if (more && c.id !== ui.selected.peek()) ui.said.value = `New message from ${c.name}`;
  }

  useSignalEffect(() => {
    const timeline = ui.world.timeline.value;
    if (!timeline) return;
    const { id, entries } = timeline;
    const failed = new Set(entries.filter((e) => e.delivery?.state === "failed").map((e) => e.key));
    const before = seen.current;
    seen.current = { id, at: entries.at(-1)?.at ?? 0, failed };
    if (before?.id !== id) return;
    for (const entry of entries) {
      if (entry.at > before.at && entry.who !== "me") ui.said.value = spoken(entry);
      if (failed.has(entry.key) && !before.failed.has(entry.key) && entry.delivery) {
        ui.said.value = `Failed: ${mark(entry.delivery, "sms").words}`;
      }
    }
  });

  // Said once: a region that keeps its text is read again when one walks through the page.
  useEffect(() => {
    if (!ui.said.value) return;
    const timer = setTimeout(() => (ui.said.value = ""), 5_000);
    return () => clearTimeout(timer);
  }, [ui.said.value]);

  return (
    <div class="unseen announcer" role="status" aria-live="polite">
      {ui.said.value}
    </div>
  );
}

function spoken({ name, body }: Entry): string {
  const who = name ? `${name}: ` : "";
  switch (body.is) {
    case "text":
    case "notice":
    case "event":
      return who + body.text;
    case "unreadable":
      return `${who}a message that cannot be read here`;
    case "media":
      return `${who}a file, ${body.name}`;
  }
}
