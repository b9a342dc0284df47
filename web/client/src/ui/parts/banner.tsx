import { useUi } from "../state";
import { CONNECTION } from "../words";
import { Icon } from "./icon";

/** Says that the line is down and that nothing is lost. */
export function Banner() {
  const { world } = useUi();
  const state = CONNECTION[world.connection.value];
  return (
    <div class="banner-place" role="status">
      {state && (
        <p class={`banner tone-${state.tone}`}>
          <Icon name={state.icon} />
          {state.words}
        </p>
      )}
    </div>
  );
}
