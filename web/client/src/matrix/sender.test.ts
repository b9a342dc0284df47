import { EventStatus, type MatrixClient, type MatrixEvent, type Room } from "matrix-js-sdk/lib/matrix";
import { describe, expect, it } from "vitest";
import type { Outgoing } from "./queue";
import { Sender } from "./sender";

type Pending = { txn: string; status: EventStatus; encrypted: boolean };

/** As much of the SDK as sending needs: it refuses while something in the room has failed. */
function sender(failure: Error | undefined, encrypts: boolean, pending: Pending[] = []) {
  const events = pending.map(event);
  const room = {
    roomId: "!r",
    currentState: { getStateEvents: () => [] },
    hasEncryptionStateEvent: () => true,
    getPendingEvents: () => events,
  } as unknown as Room;
  const client = {
    getRoom: () => room,
    cancelPendingEvent: (given: MatrixEvent) => void events.splice(events.indexOf(given), 1),
    sendEvent: async (_room: string, _type: string, _content: object, txn: string) => {
      if (events.some(({ status }) => status === EventStatus.NOT_SENT)) throw new Error("Event blocked by other events not yet sent");
      events.push(event({ txn, status: failure ? EventStatus.NOT_SENT : EventStatus.SENT, encrypted: encrypts }));
      if (failure) throw failure;
      return { event_id: "$new" };
    },
  } as unknown as MatrixClient;
  return { sender: new Sender(client, "@bot:x"), events };
}
const event = ({ txn, status, encrypted }: Pending) =>
  ({ status, getTxnId: () => txn, isEncrypted: () => encrypted }) as unknown as MatrixEvent;
const text: Outgoing = { id: "t", txn: "t", room: "!r", text: "one", at: 1 };

describe("one try", () => {
  it("is not stopped by another text that failed", async () => {
    const { sender: it_ } = sender(undefined, true, ["a", "b"].map((txn) => ({ txn, status: EventStatus.NOT_SENT, encrypted: true })));
    expect(await it_.send(text)).toEqual({ is: "sent", event: "$new" });
  });

  it("that went wrong after the encryption is not called unsent", async () => {
    expect(await sender(new SyntaxError("cut"), true).sender.send(text)).toEqual({ is: "away" });
  });

  it("that could not be encrypted was not sent, and leaves nothing behind", async () => {
    const { sender: it_, events } = sender(new Error("no session"), false);
    expect(await it_.send(text)).toMatchObject({ is: "refused" });
    expect(events).toEqual([]);
  });
});
