/** An account at work in this tab: opened, brought to keys that can be used, closed. Only under the tab's lock. */
import { Api, type ApiRefused } from "../api/api";
import type { Account } from "../matrix/account";
import { type Session, loadSession, updateSession } from "../matrix/session";
import { type Stores, openStores, recoveryKeyName } from "../matrix/stores";
import type { Vault } from "../matrix/vault";
import type { Connection, Conversation, Stage, World } from "../model";
import type { Config } from "./config";
import { Facts } from "./facts";
import { KEYS_NOT_MADE, problemOf } from "./problems";

export interface SeatParts {
  vault: Vault;
  config: Config;
  showConversations(all: Conversation[]): void;
  showTimeline(timeline: World["timeline"]["value"]): void;
  showConnection(connection: Connection): void;
  /** Our API does not serve this account (any more). */
  refused(why: ApiRefused): void;
  /** Our API was asked about conversations, and has answered or not. */
  looked(): void;
  /** The homeserver does not know the login any more; `soft`: the device is still good. */
  loggedOut(soft: boolean): void;
}

/** What was found where the account should be; `keys-lost`: the device can never read again. */
export type Found = "account" | "nobody" | "expired" | "keys-lost";

/** What is fetched before any store is opened. */
async function fetched() {
  const [{ Account }, { warmUp }] = await Promise.all([import("../matrix/account"), import("../matrix/client")]);
  await warmUp();
  return Account;
}

export class Seat {
  readonly api = new Api({ openIdToken: () => this.running().openIdToken(), refused: (why) => this.parts.refused(why) });
  readonly facts = new Facts(this.api, () => this.looked());
  /** None until it is open. */
  account: Account | undefined;
  session!: Session;
  private stores!: Stores;
  private readonly closing = new AbortController();
  /** Ends when no store is being opened any more. */
  private opening: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: SeatParts) {}

  /** Opens the account; rejects if it is closed meanwhile. */
  open(): Promise<Found> {
    const opening = this.find();
    this.opening = opening.catch(() => {});
    return opening;
  }

  /** The session is read anew: another tab may have renewed its tokens, or ended it. */
  private async find(): Promise<Found> {
    const { vault, config } = this.parts;
    const session = await loadSession(vault);
    if (!session || session.leaving) return "nobody";
    this.session = session;
    if (session.expired) return "expired";
    const stores = await openStores(vault, session);
    if (!stores) return "keys-lost";
    this.stores = stores;
    // It may be long in coming, and from here on the stores are in use: who closes must not wait for the one, and must for the other.
    const Account = await unlessCalledOff(fetched(), this.closing.signal);
    this.account = await Account.open({
      session,
      stores,
      vault,
      bot: config.bot,
      facts: (room) => this.facts.of(room),
      showConversations: (all) => this.showConversations(all),
      showTimeline: this.parts.showTimeline,
      showConnection: this.parts.showConnection,
      said: (room, entry) => this.facts.said(room, entry),
      loggedOut: this.parts.loggedOut,
    });
    const deviceKey = await this.account.deviceKey();
    if (session.deviceKey !== undefined && session.deviceKey !== deviceKey) return "keys-lost";
    session.deviceKey = deviceKey;
    await updateSession(vault, session);
    this.closing.signal.throwIfAborted();
    return "account";
  }

  /** Lets it work. Resolves once there is something to see. */
  async start(): Promise<void> {
    await this.running().start();
  }

  /** From an account that runs to one that can be used: where its keys stand, as the stage to show. */
  async settle(password: string | undefined): Promise<Stage> {
    const account = this.running();
    const unkept = await this.parts.vault.get<string>(recoveryKeyName(this.stores.prefix));
    if (this.session.isSigned && unkept === undefined) return { at: "ready" };
    await account.synced;
    const standing = await account.standing(unkept);
    if (standing === "later") return { at: "recover", busy: false };
    if (standing === "first") return this.setUp(password);
    if (unkept !== undefined) return { at: "keep-recovery-key", recoveryKey: unkept, busy: false };
    await this.signed();
    return { at: "ready" };
  }

  /** Whether the account's keys were changed from elsewhere since. Where that cannot be told, all goes on. */
  async keysChanged(): Promise<boolean> {
    const account = this.running();
    await account.synced;
    return (await account.standing().catch(() => "ready")) === "later";
  }

  async keyIsKept(): Promise<void> {
    await this.parts.vault.delete(recoveryKeyName(this.stores.prefix));
    await this.signed();
  }

  async recover(recoveryKey: string): Promise<void> {
    await this.running().recover(recoveryKey);
    await this.signed();
  }

  /** Ends all work. Nothing touches the account's stores once this has resolved, even if it was still being opened. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.opening;
    this.facts.stop();
    this.api.close();
    await this.account?.stop();
  }

  private async setUp(password: string | undefined): Promise<Stage> {
    try {
      const recoveryKey = await this.running().setUp(password);
      return { at: "keep-recovery-key", recoveryKey, busy: false };
    } catch (error) {
      return { at: "broken", problem: { ...KEYS_NOT_MADE, detail: problemOf(error).detail } };
    }
  }

  /** This device is signed with the account's keys. */
  private async signed(): Promise<void> {
    this.session.isSigned = true;
    await updateSession(this.parts.vault, this.session);
  }

  private running(): Account {
    if (!this.account) throw new Error("nobody is signed in");
    return this.account;
  }

  private looked(): void {
    this.account?.desk.refresh();
    this.parts.looked();
  }

  private showConversations(all: Conversation[]): void {
    this.parts.showConversations(all);
    this.facts.seen(all.filter(({ kind, invited }) => kind === "sms" && !invited).map(({ id }) => id));
  }
}

/** What `work` gives, unless it is called off before. */
function unlessCalledOff<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const calledOff = () => reject(signal.reason as Error);
    if (signal.aborted) calledOff();
    signal.addEventListener("abort", calledOff, { once: true });
    work.then(resolve, reject);
  });
}
