/**
 * Where a timeline is scrolled to: it opens at the newest entry and follows it while one is there; it stays
 * where one reads while older entries come in above and newer ones below.
 */
import { useCallback, useLayoutEffect, useRef, useState } from "preact/hooks";

/** How far from the end still counts as the end. */
const END_PX = 48;

export function useScroll(keys: { first?: string; last?: string; lastIsMine: boolean; count: number }) {
  const box = useRef<HTMLDivElement>(null);
  const anchor = useRef<{ key: string; top: number; last?: string; count: number } | undefined>(undefined);
  const following = useRef(true);
  const [atEnd, setAtEnd] = useState(true);
  const [fresh, setFresh] = useState(0);

  const toEnd = useCallback(() => {
    following.current = true;
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, []);

  useLayoutEffect(() => {
    const before = anchor.current;
    const self = box.current;
    if (!self) return;
    const first = keys.first === undefined ? undefined : entryElement(self, keys.first);
    const appended = before !== undefined && keys.last !== before.last;
    if (before && !following.current) {
      const kept = entryElement(self, before.key);
      if (kept && kept !== first) self.scrollTop += kept.offsetTop - before.top;
    }
    if (appended && keys.lastIsMine) following.current = true;
    if (following.current) toEnd();
    else if (appended) setFresh((n) => n + Math.max(1, keys.count - before.count));
    anchor.current = first && keys.first !== undefined ? { key: keys.first, top: first.offsetTop, last: keys.last, count: keys.count } : undefined;
  }, [keys.first, keys.last, keys.count]);

  // What grows or shrinks below, such as the composer, must not hide the newest entry.
  useLayoutEffect(() => {
    const self = box.current;
    if (!self) return;
    const observer = new ResizeObserver(() => {
      if (following.current) toEnd();
    });
    observer.observe(self);
    if (self.firstElementChild) observer.observe(self.firstElementChild);
    return () => observer.disconnect();
  }, []);

  const scrolled = useCallback(() => {
    const self = box.current;
    if (!self) return;
    const end = self.scrollHeight - self.scrollTop - self.clientHeight < END_PX;
    following.current = end;
    setAtEnd(end);
    if (end) setFresh(0);
  }, []);

  return { box, atEnd, fresh, toEnd, scrolled };
}

/** The element of an entry; keys come from elsewhere and are no selectors. */
export function entryElement(box: HTMLElement, key: string): HTMLElement | null {
  return box.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
}
