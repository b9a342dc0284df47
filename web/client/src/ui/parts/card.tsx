import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Sign } from "./icon";

/** A screen with one matter. Its heading takes the focus, so that it is read out when the screen changes. */
export function Card({ title, wide, children }: { title: string; wide?: boolean; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <main class={`stage ${wide ? "stage-wide" : ""}`}>
      <div class="card">
        <p class="brand">
          <Sign />
          Verbatim
        </p>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </div>
    </main>
  );
}
