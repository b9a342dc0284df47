/** What a room is: a conversation by SMS or a team's, who is in it, and what it is called. */
import type { MatrixClient, Room } from "matrix-js-sdk/lib/matrix";
import { KnownMembership } from "matrix-js-sdk/lib/@types/membership";
import type { Kind } from "../model";

const BRIDGE = "m.bridge";

/**
 * SMS only if the bot itself says so in the room's state: anybody who may set state elsewhere could claim it,
 * and a room that looks like a client's must be one.
 */
export function kindOf(room: Room, bot: string): Kind {
  const said = room.currentState.getStateEvents(BRIDGE).some((event) => {
    const protocol = event.getContent<{ protocol?: { id?: unknown } }>().protocol;
    return event.getSender() === bot && protocol?.id === "sms";
  });
  return said ? "sms" : "team";
}

export function isInvited(room: Room): boolean {
  return room.getMyMembership() === KnownMembership.Invite;
}

/** Rooms that are on the list. */
export function isListed(room: Room): boolean {
  const membership = room.getMyMembership();
  const gone = room.currentState.getStateEvents("m.room.tombstone", "") !== null;
  return !gone && (membership === KnownMembership.Join || membership === KnownMembership.Invite);
}

/** Who invited me. */
export function inviter(room: Room, me: string): string | undefined {
  return room.getMember(me)?.events.member?.getSender() ?? undefined;
}

/**
 * Of a client's room the name without the mark that other clients need, since ours has a badge; the mark
 * stays where a team room bears it, which would be a pretence.
 */
export function nameOf(room: Room, kind: Kind): string {
  return kind === "sms" ? room.name.replace(/ \(SMS\)$/, "") : room.name;
}

/** How many people are in it; the bot that keeps it is none. */
export function memberCount(room: Room, bot: string): number {
  const hasBot = room.getMember(bot)?.membership === KnownMembership.Join;
  return Math.max(0, room.getJoinedMemberCount() - (hasBot ? 1 : 0));
}

export function listedRooms(client: MatrixClient): Room[] {
  return client.getVisibleRooms().filter(isListed);
}
