/** A new conversation: asked for at our API, waited for until its room is here. */
import type { Api } from "../api/api";
import type { Problem } from "../model";

const PATIENCE_MS = 30_000;
const ASK_EVERY_MS = 500;

const NOT_YET: Problem = {
  title: "The conversation is not ready yet",
  mend: "It appears in your list by itself as soon as it is. There is no need to begin it again.",
};

/** Gives the room. `isHere`: whether the room is on the list, joined. */
export async function startConversation(
  api: Pick<Api, "start" | "place">,
  wish: { number: string; name?: string; from?: string },
  isHere: (room: string) => boolean,
  sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
): Promise<string> {
  let { id, room } = await api.start(wish.number, wish.name, wish.from);
  for (let waited = 0; waited < PATIENCE_MS; waited += ASK_EVERY_MS) {
    if (room === undefined) room = (await api.place(id)).room;
    if (room !== undefined && isHere(room)) return room;
    await sleep(ASK_EVERY_MS);
  }
  throw NOT_YET;
}
