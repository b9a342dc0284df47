import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Sign } from "./icon";

interface CardProps {
  title: string;
  wide?: boolean;
  /** Where the screen has nothing to say, only to ask. */
  toField?: boolean;
  children: ComponentChildren;
}

/** A screen with one matter. Its heading takes the focus, so that it is read out when the screen changes; or its first field. */
export function Card({ title, wide, toField, children }: CardProps) {
  const main = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const field = toField ? main.current?.querySelector("input") : undefined;
    (field ?? heading.current)?.focus({ preventScroll: true });
  }, []);
  return (
    <main ref={main} class={`stage ${wide ? "stage-wide" : ""}`}>
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
