import { Sign } from "../parts/icon";

/** Nothing to do but wait, and what for. */
export function Waiting({ words }: { words: string }) {
  return (
    <main class="stage">
      <div class="starting">
        <Sign />
        <h1 class="unseen">Verbatim</h1>
        <p role="status">{words}</p>
      </div>
    </main>
  );
}
