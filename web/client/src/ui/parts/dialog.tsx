import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Icon } from "./icon";

/** A modal dialog of the browser's own: it keeps the focus, closes by Escape and gives the focus back. */
export function Modal({ title, look = "", onClose, children }: { title: string; look?: string; onClose: () => void; children: ComponentChildren }) {
  const self = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Closed because something else takes its place: that is no wish of the person to close.
  const replaced = useRef(false);
  useEffect(() => {
    const dialog = self.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => {
      replaced.current = true;
      dialog?.close();
    };
  }, []);
  return (
    <dialog ref={self} class={`dialog ${look}`} aria-labelledby={id} onClose={() => replaced.current || onClose()}>
      <header class="dialog-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={() => self.current?.close()}>
          <Icon name="cross" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
