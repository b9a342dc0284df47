/** Everything by which a room can come to look different. */
import {
  ClientEvent,
  type MatrixClient,
  type MatrixEvent,
  MatrixEventEvent,
  type Room,
  RoomEvent,
  RoomMemberEvent,
  RoomStateEvent,
} from "matrix-js-sdk/lib/matrix";

/** Calls `changed` with the room's id; gives the way to stop. */
export function watchRooms(client: MatrixClient, changed: (room: string) => void): () => void {
  const ofRoom = (room: Room | undefined) => room && changed(room.roomId);
  const ofEvent = (event: MatrixEvent) => {
    const room = event.getRoomId();
    if (room) changed(room);
  };
  const second = (_: unknown, room: Room | undefined) => ofRoom(room);
  client.on(ClientEvent.Room, ofRoom);
  client.on(ClientEvent.DeleteRoom, changed);
  client.on(RoomEvent.Name, ofRoom);
  client.on(RoomEvent.MyMembership, ofRoom);
  client.on(RoomEvent.TimelineReset, ofRoom);
  client.on(RoomEvent.Timeline, second);
  client.on(RoomEvent.Receipt, second);
  client.on(RoomEvent.Redaction, second);
  client.on(RoomStateEvent.Events, ofEvent);
  client.on(RoomMemberEvent.Name, ofEvent);
  // An event may come first and its key later.
  client.on(MatrixEventEvent.Decrypted, ofEvent);
  client.on(MatrixEventEvent.Replaced, ofEvent);
  return () => {
    client.off(ClientEvent.Room, ofRoom);
    client.off(ClientEvent.DeleteRoom, changed);
    client.off(RoomEvent.Name, ofRoom);
    client.off(RoomEvent.MyMembership, ofRoom);
    client.off(RoomEvent.TimelineReset, ofRoom);
    client.off(RoomEvent.Timeline, second);
    client.off(RoomEvent.Receipt, second);
    client.off(RoomEvent.Redaction, second);
    client.off(RoomStateEvent.Events, ofEvent);
    client.off(RoomMemberEvent.Name, ofEvent);
    client.off(MatrixEventEvent.Decrypted, ofEvent);
    client.off(MatrixEventEvent.Replaced, ofEvent);
  };
}
