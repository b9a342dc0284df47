import type { Entry, Kind } from "../../model";
import { Icon } from "../parts/icon";
import { pieces } from "./links";

/** What was said; always as plain text. */
export function Body({ entry: { body, who }, kind }: { entry: Entry; kind: Kind }) {
  switch (body.is) {
    case "text":
      return (
        <p class="words" dir="auto">
          <Plain text={body.text} />
          {body.edited && <span class="edited"> (edited)</span>}
        </p>
      );
    case "unreadable":
      return (
        <p class="unreadable">
          <Icon name="lock" />
          <span>
            <strong>This message cannot be read here.</strong> {body.why}
            {kind === "sms" && recorded(who)}
          </span>
        </p>
      );
    case "media":
      return (
        <p class="media">
          <Icon name="file" />
          <span>
            <strong dir="auto">{body.name}</strong> Files cannot be shown here yet.
          </span>
        </p>
      );
    default:
      return <p class="words">{body.text}</p>;
  }
}

/** Of what I wrote it is not known here whether it went out. */
function recorded(who: Entry["who"]): string {
  if (who === "client") return " The firm’s record has it.";
  return who === "me" ? " If it was sent, the firm’s record has it." : "";
}

/** Text whose addresses are links that show where they lead. */
export function Plain({ text }: { text: string }) {
  return (
    <>
      {pieces(text).map((piece, at) =>
        piece.href ? (
          <a key={at} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
            {piece.text}
          </a>
        ) : (
          piece.text
        ),
      )}
    </>
  );
}
