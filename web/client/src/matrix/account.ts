/** The signed-in account on this device: opened under the tab's lock, started, stopped. Holds the SDK. */
import { CryptoEvent } from "matrix-js-sdk/lib/crypto-api";
import { ClientEvent, HttpApiEvent, type MatrixClient, SyncState } from "matrix-js-sdk/lib/matrix";
import type { Connection, Conversation, Entry, SmsFacts } from "../model";
import { tryAgain } from "./again";
import { saveKeys } from "./backup";
import { type Opened, allowUnsigned, crypto, onlySigned, openClient, startClient, stopClient } from "./client";
import type { Prove } from "./confirm";
import { type SyncWord, connectionOf } from "./connection";
import { Desk, type Timeline } from "./desk";
import { Drafts } from "./drafts";
import { renewed } from "./homeserver";
import { RecoveryKeys, type Standing, recover, restoreOlder, setUp, standing } from "./keys";
import { SendQueue } from "./queue";
import { Sender } from "./sender";
import { type Session, TokenKeeper, nameOf, updateSession } from "./session";
import { type Stores, recoveryKeyName } from "./stores";
import type { Vault } from "./vault";

export interface AccountParts {
  session: Session;
  stores: Stores;
  vault: Vault;
  bot: string;
  facts(room: string): Pick<SmsFacts, "facts" | "factsAway">;
  showConversations(conversations: Conversation[]): void;
  showTimeline(timeline: Timeline | undefined): void;
  showConnection(connection: Connection): void;
  said(room: string, entry: Entry): void;
  /** The account's keys are not what they were: made, entered, or replaced from elsewhere. */
  keysChanged(): void;
  /** The homeserver does not know the login any more; `soft`: the device is still good. */
  loggedOut(soft: boolean): void;
}

const MINUTE_MS = 60_000;
/** Whoever types looks at the box, so the list need not follow each letter. */
const PAUSE_MS = 250;

export class Account {
  readonly desk: Desk;
  private readonly client: MatrixClient;
  private readonly drafts: Drafts;
  private minutes: ReturnType<typeof setInterval> | undefined;
  private pause: ReturnType<typeof setTimeout> | undefined;
  private isFromDisk = false;
  private stopped = false;
  private starting = Promise.resolve();
  private hasSynced: () => void = () => {};
  /** Resolves with the first answer of the homeserver. */
  readonly synced = new Promise<void>((resolve) => (this.hasSynced = resolve));

  private constructor(
    private readonly parts: AccountParts,
    private readonly opened: Opened,
    private readonly recoveryKeys: RecoveryKeys,
    readonly queue: SendQueue,
  ) {
    this.client = opened.client;
    this.drafts = new Drafts(parts.vault, parts.session.userId);
    this.desk = new Desk({
      client: this.client,
      bot: parts.bot,
      queue,
      drafts: this.drafts,
      facts: parts.facts,
      show: parts.showConversations,
      showTimeline: parts.showTimeline,
      said: parts.said,
    });
  }

  /** Opens the keys of the device: only under the lock, and only once at a time. */
  static async open(parts: AccountParts): Promise<Account> {
    const { session, stores, vault } = parts;
    const recoveryKeys = new RecoveryKeys();
    const tokens = new TokenKeeper(session, {
      renew: (token) => renewed(session.homeserver, token),
      keep: (fresh) => updateSession(vault, Object.assign(session, fresh)),
      use: (token) => opened.client.setAccessToken(token),
    });
    const opened = await openClient(session, stores, recoveryKeys.callbacks, tokens.fetch);
    const sender = new Sender(opened.client, parts.bot);
    const queue = new SendQueue({
      vault,
      userId: session.userId,
      deviceId: session.deviceId,
      send: (text) => sender.send(text),
      now: Date.now,
      newId: () => globalThis.crypto.randomUUID(),
      changed: (room) => account.desk.mark(room),
    });
    const account: Account = new Account(parts, opened, recoveryKeys, queue);
    return account;
  }

  /** Resolves once there is something to see: from disk, or from the homeserver. */
  async start(): Promise<void> {
    await Promise.all([this.queue.load(), this.drafts.load()]);
    if (this.stopped) return;
    const first = new Promise<void>((resolve) => {
      this.client.on(ClientEvent.Sync, (state, _before, data) => {
        this.isFromDisk = data?.fromCache === true;
        this.showConnection();
        if (state !== SyncState.Prepared && state !== SyncState.Syncing) return;
        resolve();
        if (this.isFromDisk) return;
        this.hasSynced();
        this.queue.wake();
      });
    });
    this.client.on(CryptoEvent.KeysChanged, this.parts.keysChanged);
    this.client.on(HttpApiEvent.SessionLoggedOut, (error) => {
      this.parts.loggedOut((error.data as { soft_logout?: boolean }).soft_logout === true);
    });
    addEventListener("online", this.online);
    addEventListener("offline", this.offline);
    addEventListener("beforeunload", this.leaving);
    this.minutes = setInterval(() => this.desk.refresh(), MINUTE_MS);
    this.showConnection();
    this.starting = startClient(this.client).catch(() => this.showConnection());
    await first;
    this.desk.refresh();
  }

  /** Ends all work and closes the stores. */
  async stop(): Promise<void> {
    this.stopped = true;
    removeEventListener("online", this.online);
    removeEventListener("offline", this.offline);
    removeEventListener("beforeunload", this.leaving);
    clearInterval(this.minutes);
    clearTimeout(this.pause);
    this.queue.stop();
    this.desk.stop();
    await stopClient(this.client, this.starting);
    this.client.removeAllListeners();
    this.recoveryKeys.forget();
    await this.opened.store.destroy();
  }

  /** The device's public key, as its store has it. */
  async deviceKey(): Promise<string> {
    return (await crypto(this.client).getOwnDeviceKeys()).ed25519;
  }

  standing(unkept?: string): Promise<Standing> {
    return standing(this.client, unkept);
  }

  /**
   * Makes a recovery key and what is not there of the account's keys; with `replace` also in the place of those that
   * another device has made. The recovery key lies in the vault until it is said to be kept.
   */
  async setUp(prove: Prove, replace: boolean): Promise<string> {
    const { vault, stores } = this.parts;
    const kept = (key: string) => vault.put(recoveryKeyName(stores.prefix), key);
    try {
      const recoveryKey = await setUp(this.client, { prove, kept, replace });
      onlySigned(this.client);
      // What cannot be read has other reasons now.
      void tryAgain(this.client, () => true).catch(() => {});
      return recoveryKey;
    } finally {
      this.recoveryKeys.forget();
    }
  }

  async recover(recoveryKey: string): Promise<void> {
    try {
      await recover(this.client, this.recoveryKeys, recoveryKey);
      onlySigned(this.client);
    } finally {
      this.recoveryKeys.forget();
    }
    void restoreOlder(this.client).catch(() => {});
  }

  saveKeys(): Promise<boolean> {
    return saveKeys(this.client);
  }

  allowUnsigned(): void {
    allowUnsigned(this.client);
  }

  /** Sends the text, or keeps it until it can. */
  async send(room: string, text: string): Promise<void> {
    const draft = this.drafts.of(room);
    // Else what is typed last could be written after the text has taken its place.
    this.drafts.hurry(room);
    const kept = this.queue.add(room, text);
    this.desk.flush();
    await kept;
    this.drafts.dropped(room, draft);
  }

  /** Sends a failed text again: one that never left as it is, one that failed later as a new text. */
  async retry(room: string, key: string): Promise<void> {
    if (this.queue.of(room).some((text) => text.id === key)) return this.queue.retry(key);
    const failed = this.desk.failed(room, key);
    if (!failed) return;
    const kept = this.queue.add(room, failed.text, failed.event);
    this.desk.flush();
    await kept;
  }

  /** It is kept at once; the list follows once one pauses. */
  draft(room: string, text: string): void {
    this.drafts.set(room, text);
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.desk.mark(room), PAUSE_MS);
  }

  async accept(room: string): Promise<void> {
    await this.client.joinRoom(room);
  }

  async name(): Promise<string> {
    const { userId } = this.parts.session;
    const profile = await this.client.getProfileInfo(userId).catch(() => undefined);
    return profile?.displayname ?? nameOf(userId);
  }

  openIdToken() {
    return this.client.getOpenIdToken();
  }

  private showConnection(): void {
    const state = this.client.getSyncState() as SyncWord | null;
    this.parts.showConnection(connectionOf(state, this.isFromDisk, navigator.onLine));
  }

  private readonly online = () => {
    this.showConnection();
    this.client.retryImmediately();
    this.queue.wake();
  };

  private readonly offline = () => this.showConnection();

  /** The browser asks before it closes a page whose last letters are not on the disk: mostly they are, long before. */
  private readonly leaving = (event: Event) => {
    if (!this.drafts.areKept || !this.queue.areKept) event.preventDefault();
  };
}
