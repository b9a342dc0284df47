/** One try of a text, through the SDK, which encrypts it. */
import { EventStatus, type MatrixClient, type MatrixEvent, MsgType, type Room, EventType } from "matrix-js-sdk/lib/matrix";
import { kindOf } from "./rooms";
import { outcomeOf } from "./outcome";
import type { Outcome, Outgoing } from "./queue";

/** Says which earlier text one repeats, so that every device knows that it has been tried again. */
export const REPETITION = "com.beeper.message_send_retry";

function repetition({ repeats }: Outgoing) {
  return repeats === undefined ? {} : { [REPETITION]: { original_event_id: repeats, retry_count: 1 } };
}

export class Sender {
  constructor(
    private readonly client: MatrixClient,
    private readonly bot: string,
  ) {}

  async send(text: Outgoing): Promise<Outcome> {
    const room = this.client.getRoom(text.room);
    if (!room) return { is: "away", notTaken: true };
    if (kindOf(room, this.bot) === "sms" && !room.hasEncryptionStateEvent()) {
      return { is: "refused", reason: "This conversation is not encrypted. Tell your administrator.", canRetry: false };
    }
    try {
      const { event_id } = await this.put(room, text);
      return { is: "sent", event: event_id };
    } catch (error) {
      const outcome = outcomeOf(error, this.mayHaveLeft(room, text));
      if (outcome.is === "refused") this.giveUp(room, text);
      return outcome;
    }
  }

  /** A second try sends the same ciphertext: the SDK keeps what it could not send. */
  private put(room: Room, text: Outgoing): Promise<{ event_id: string }> {
    const earlier = this.pending(room, text);
    for (const other of [...room.getPendingEvents()]) if (other !== earlier) this.drop(other);
    if (earlier) return this.client.resendEvent(earlier, room);
    const content = { msgtype: MsgType.Text, body: text.text, ...repetition(text) } as const;
    return this.client.sendEvent(room.roomId, EventType.RoomMessage, content, text.txn);
  }

  private giveUp(room: Room, text: Outgoing): void {
    const failed = this.pending(room, text);
    if (failed) this.drop(failed);
  }

  /** The SDK sends nothing more to a room in which something has failed, until that is gone: the queue keeps it. */
  private drop(event: MatrixEvent): void {
    if (event.status === EventStatus.NOT_SENT) this.client.cancelPendingEvent(event);
  }

  /** Whether it is encrypted, or need not be: only then does it leave. */
  private mayHaveLeft(room: Room, text: Outgoing): boolean {
    const event = this.pending(room, text);
    return event !== undefined && (event.isEncrypted() || !room.hasEncryptionStateEvent());
  }

  private pending(room: Room, text: Outgoing) {
    return room.getPendingEvents().find((event) => event.getTxnId() === text.txn);
  }
}
