/** What the screens ask of the account at work, whichever that is at the moment. What goes wrong is rejected in words. */
import type { Signal } from "@preact/signals";
import type { Account } from "../matrix/account";
import type { World } from "../model";
import { problemOf } from "./problems";
import type { Seat } from "./seat";
import { startConversation } from "./start";

export type Requests = Pick<
  World,
  "open" | "older" | "draft" | "send" | "retry" | "discard" | "read" | "accept" | "learn" | "check" | "start"
>;

export interface RequestsParts extends Pick<World, "conversations"> {
  seat(): Seat | undefined;
  me: Signal<World["me"]["value"]>;
  /** The conversation on the screen; it stays so while accounts come and go. */
  opened: { room?: string };
}

export function requests({ seat, me, opened, conversations }: RequestsParts): Requests {
  const account = () => seat()?.account;

  async function ask<T>(act: (account: Account, seat: Seat) => Promise<T>): Promise<T> {
    const asked = seat();
    try {
      if (!asked?.account) throw new Error("nobody is signed in");
      return await act(asked.account, asked);
    } catch (error) {
      throw problemOf(error);
    }
  }

  return {
    open(conversation) {
      opened.room = conversation;
      account()?.desk.open(conversation);
    },
    async older() {
      await account()?.desk.older().catch((error: unknown) => Promise.reject(problemOf(error)));
    },
    draft: (conversation, text) => account()?.draft(conversation, text),
    send: (conversation, text) => ask((account) => account.send(conversation, text)),
    retry: (conversation, entryKey) => ask((account) => account.retry(conversation, entryKey)),
    discard: (_conversation, entryKey) => ask((account) => account.queue.discard(entryKey)),
    read: (conversation) => void account()?.desk.read(conversation).catch(() => {}),
    accept: (conversation) => ask((account) => account.accept(conversation)),
    async learn() {
      if (me.value?.numbers) return;
      const asked = seat();
      const answer = await ask((_account, { api }) => api.me());
      if (seat() === asked && me.value) me.value = { ...me.value, ...answer };
    },
    check: (text, to, from) =>
      ask((_account, { api, facts }) => {
        const here = to === undefined && opened.room !== undefined ? facts.conversation(opened.room) : undefined;
        return api.check(text, to === undefined ? { conversation: here } : { to, from });
      }),
    start(number, name, from) {
      const isHere = (room: string) => conversations.value.some(({ id, invited }) => id === room && !invited);
      return ask((_account, { api }) => startConversation(api, { number, name, from }, isHere));
    },
  };
}
