/** An account at work in this tab: opened, brought to keys that can be used, closed. Only under the tab's lock. */
import { Api } from "../api/api";
import type { Account } from "../matrix/account";
import { type Session, keepSession, loadSession } from "../matrix/session";
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
  /** The homeserver does not know the login any more; `soft`: the device is still good. */
  loggedOut(soft: boolean): void;
}

/** What was found where the account should be; `keys-lost`: the device can never read again. */
export type Found = "account" | "nobody" | "expired" | "keys-lost";

export class Seat {
  readonly api = new Api({ openIdToken: () => this.running().openIdToken() });
  readonly facts = new Facts(this.api, () => this.account?.desk.refresh());
  /** None until it is open. */
  account: Account | undefined;
  session!: Session;
  private stores!: Stores;

  constructor(private readonly parts: SeatParts) {}

  /** The session is read anew: another tab may have renewed its tokens, or ended it. */
  async open(): Promise<Found> {
    const { vault, config } = this.parts;
    const session = await loadSession(vault);
    if (!session) return "nobody";
    this.session = session;
    if (session.expired) return "expired";
    const stores = await openStores(vault, session);
    if (!stores) return "keys-lost";
    this.stores = stores;
    const { Account } = await import("../matrix/account");
    this.account = await Account.open({
      session,
      stores,
      vault,
      bot: config.bot,
      facts: (room) => this.facts.of(room),
      showConversations: (all) => this.showConversations(all),
      showTimeline: this.parts.showTimeline,
      showConnection: this.parts.showConnection,
      said: (_room, entry) => this.facts.said(entry),
      loggedOut: this.parts.loggedOut,
    });
    session.hadKeys = true;
    await keepSession(vault, session);
    return "account";
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

  async close(): Promise<void> {
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
    await keepSession(this.parts.vault, this.session);
  }

  private running(): Account {
    if (!this.account) throw new Error("nobody is signed in");
    return this.account;
  }

  private showConversations(all: Conversation[]): void {
    this.parts.showConversations(all);
    this.facts.seen(all.filter(({ kind, invited }) => kind === "sms" && !invited).map(({ id }) => id));
  }
}
