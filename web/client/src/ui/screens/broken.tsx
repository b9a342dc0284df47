import type { Problem } from "../../model";
import { Card } from "../parts/card";
import { Icon } from "../parts/icon";

export function Broken({ problem }: { problem: Problem }) {
  return (
    <Card title={problem.title}>
      <p>{problem.mend}</p>
      <div class="actions">
        <button type="button" class="primary" onClick={() => location.reload()}>
          <Icon name="retry" />
          Try again
        </button>
      </div>
      {problem.detail && (
        <details>
          <summary>For your administrator</summary>
          <p class="hint">This holds no messages, numbers or keys.</p>
          <pre class="detail" tabIndex={0}>
            {problem.detail}
          </pre>
        </details>
      )}
    </Card>
  );
}
