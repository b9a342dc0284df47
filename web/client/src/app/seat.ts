/** An account at work in this tab: opened, started, closed. Only under the tab's lock. */
import { Api, type ApiRefused } from "../api/api";
import type { Account } from "../matrix/account";
import { type Session, loadSession, updateSession } from "../matrix/session";
import { type Stores, openStores, recoveryKeyName } from "../matrix/stores";
import type { Vault } from "../matrix/vault";
import type { Connection, Conversation, World } from "../model";
import type { Config } from "./config";
import { Facts } from "./facts";

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
  /** The account's keys are not what they were. */
  keysChanged(): void;
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
      keysChanged: this.parts.keysChanged,
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

  /** A recovery key that its owner has not said to have kept. */
  unkeptKey(): Promise<string | undefined> {
    return this.parts.vault.get<string>(recoveryKeyName(this.stores.prefix));
  }

  /** This device is signed with the account's keys, and no recovery key of its making waits to be kept. */
  async signed(): Promise<void> {
    await this.parts.vault.delete(recoveryKeyName(this.stores.prefix));
    this.session.isSigned = true;
    await updateSession(this.parts.vault, this.session);
  }

  /** Ends all work. Nothing touches the account's stores once this has resolved, even if it was still being opened. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.opening;
    this.facts.stop();
    this.api.close();
    await this.account?.stop();
  }

  /** The account, once it is open. */
  running(): Account {
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
