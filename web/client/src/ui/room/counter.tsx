import { cost } from "../../sms/segments";
import { substitute } from "../../sms/substitute";
import { count } from "../format";

/** Room is short when this many units are left. */
const SHORT = 20;

/** How many messages on the air the text takes, counted as the server counts. */
export function Counter({ text, max }: { text: string; max: number }) {
  const out = substitute(text);
  const characters = [...out].length;
  const { encoding, segments, left } = cost(out);
  const over = characters > max;
  const tone = over ? "bad" : left < SHORT && text ? "warn" : "plain";
  const about =
    encoding === "GSM-7"
      ? "Plain letters (GSM-7): 160 in one text, 153 in each part of a longer one."
      : "Special characters (UCS-2): 70 in one text, 67 in each part of a longer one.";
  return (
    <p class={`counter tone-${tone}`} title={about}>
      {over ? (
        <strong>{count(characters - max, "character")} too many</strong>
      ) : (
        <>
          <span class="counter-segments">{segments} SMS</span>
          <span>{left} left</span>
        </>
      )}
      <span class="counter-encoding">{encoding}</span>
    </p>
  );
}
