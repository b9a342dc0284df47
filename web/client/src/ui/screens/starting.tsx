import { Sign } from "../parts/icon";

export function Starting() {
  return (
    <main class="stage">
      <div class="starting">
        <Sign />
        <h1 class="unseen">Verbatim</h1>
        <p role="status">Opening your messages…</p>
      </div>
    </main>
  );
}
