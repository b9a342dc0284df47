import type { Room } from "matrix-js-sdk/lib/matrix";
import { describe, expect, it } from "vitest";
import { SaidInRoom } from "./said";

const [ME, BOT, CLIENT] = ["@me:x", "@bot:x", "@sms_1:x"];

/** A room with texts of mine, and who has read up to which. */
function room(texts: string[], members: string[], read: Record<string, string>): Room {
  const event = (id: string) => ({ getId: () => id, getSender: () => ME });
  return {
    getLiveTimeline: () => ({ getEvents: () => texts.map(event) }),
    getJoinedMembers: () => members.map((userId) => ({ userId })),
    getReadReceiptForUserId: (user: string) => (read[user] ? { eventId: read[user] } : null),
  } as unknown as Room;
}

describe("the bot's receipt", () => {
  const said = (where: Room, text: string) => new SaidInRoom(where, ME, BOT).about(text).botRead;

  it("is on one text, and past the earlier ones", () => {
    const where = room(["$1", "$2", "$3"], [ME, BOT, CLIENT], { [BOT]: "$2" });
    expect(["$1", "$2", "$3", "$not here"].map((text) => said(where, text))).toEqual(["later", "this", "no", "no"]);
  });

  it("stays true of a text that it was seen on", () => {
    const read = { [BOT]: "$1" };
    const where = room(["$1", "$2"], [ME, BOT, CLIENT], read);
    expect(said(where, "$1")).toBe("this");
    read[BOT] = "$2";
    expect(said(where, "$1")).toBe("this");
  });

  it("on what is not loaded says nothing of what is", () => {
    expect(said(room(["$2"], [ME, BOT, CLIENT], { [BOT]: "$1" }), "$2")).toBe("no");
  });
});

describe("the stand-in's receipt", () => {
  const delivered = (members: string[], reader: string) =>
    new SaidInRoom(room(["$1", "$2"], members, { [reader]: "$2" }), ME, BOT);

  it("tells of the very text that it is on", () => {
    const said = delivered([ME, BOT, CLIENT], CLIENT);
    expect(said.about("$2").standInRead).toBe(true);
    expect(said.about("$1").standInRead).toBe(false);
  });

  it("is not what a third party reads", () => {
    expect(delivered([ME, BOT, CLIENT, "@supervisor:x"], "@supervisor:x").about("$2").standInRead).toBe(false);
  });
});
