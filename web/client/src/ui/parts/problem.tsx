import type { Problem } from "../../model";
import { sentence } from "../words";
import { Icon } from "./icon";

/** What went wrong and what to do about it, said aloud when it appears. */
export function ProblemNote({ problem }: { problem: Problem | undefined }) {
  return (
    <div role="alert">
      {problem && (
        <div class="note tone-bad">
          <Icon name="alert" />
          <p>
            <strong>{sentence(problem.title)}</strong> {problem.mend}
          </p>
        </div>
      )}
    </div>
  );
}
