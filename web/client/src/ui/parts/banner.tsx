import { useUi } from "../state";
import { CONNECTION, sentence } from "../words";
import { Icon } from "./icon";

/** Says that nothing goes out, or that the line is down and that nothing is lost. */
export function Banner() {
  const { world } = useUi();
  const state = CONNECTION[world.connection.value];
  const refused = world.refused.value;
  return (
    <div class="banner-place" role="status">
      {refused && (
        <p class="banner tone-bad">
          <Icon name="alert" />
          {sentence(refused.title)} {refused.mend}
        </p>
      )}
      {state && (
        <p class={`banner tone-${state.tone}`}>
          <Icon name={state.icon} />
          {state.words}
        </p>
      )}
    </div>
  );
}
