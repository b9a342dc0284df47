/** The world of the screens, on Matrix and our API: from a cold page to a signed-in account and back. */
import { signal } from "@preact/signals";
import { Api } from "../api/api";
import type { Account } from "../matrix/account";
import { type Proof, signIn, signInWays, signOut, ssoAddress } from "../matrix/homeserver";
import { type TabLock, tabLock } from "../matrix/lock";
import { type Session, forgetSession, keepSession, loadSession, means, storePrefix } from "../matrix/session";
import { openStores, recoveryKeyName, wipeDevice, wipeTyped } from "../matrix/stores";
import { type Vault, openVault } from "../matrix/vault";
import type { Check, Connection, Conversation, Me, Problem, SignInWays, Stage, World } from "../model";
import { type Config, loadConfig } from "./config";
import { Facts } from "./facts";
import { KEYS_LOST, KEYS_NOT_MADE, NOT_SECURE, NOT_TOLD, NO_CONFIG, NO_STORAGE, problemOf } from "./problems";
import { broughtToken, wayBack } from "./sso";
import { startConversation } from "./start";

/** The server's own limits, until it has said which it has. */
const USUAL = { maxChars: 1600, region: "" };

type SignInStage = Extract<Stage, { at: "sign-in" }>;

/** What there is while somebody is signed in. */
interface Seat {
  session: Session;
  account: Account;
  api: Api;
  facts: Facts;
}

class RealWorld implements World {
  readonly stage = signal<Stage>({ at: "starting" });
  readonly connection = signal<Connection>("connecting");
  readonly me = signal<Me | undefined>(undefined);
  readonly conversations = signal<Conversation[]>([]);
  readonly timeline = signal<World["timeline"]["value"]>(undefined);

  private config!: Config;
  private vault!: Vault;
  private lock: TabLock | undefined;
  private seat: Seat | undefined;
  /** Of this visit, in case the homeserver wants it for the first keys. */
  private password: string | undefined;
  private opened: string | undefined;

  async begin(): Promise<void> {
    if (!globalThis.isSecureContext || !navigator.locks) return this.broken(NOT_SECURE);
    const vault = await openVault().catch(() => undefined);
    if (!vault) return this.broken(NO_STORAGE);
    this.vault = vault;
    const config = await this.findConfig();
    if (!config) return this.broken(NO_CONFIG);
    this.config = config;
    const token = broughtToken();
    const session = await loadSession(vault);
    if (token !== undefined && (!session || session.expired)) return this.comeBack(token);
    if (!session) return this.toSignIn();
    if (session.expired) return this.toSignIn("expired");
    await this.enter(session);
  }

  async signIn(user: string, password: string): Promise<void> {
    await this.prove({ user, password });
    this.password = password;
  }

  signInBySso(provider: string): void {
    location.assign(ssoAddress(this.config.homeserver, provider, wayBack()));
  }

  async signOut(): Promise<void> {
    const { seat } = this;
    if (!seat) return;
    const { session } = seat;
    await this.close();
    const told = await signOut(session.homeserver, session.accessToken).then(() => true, () => false);
    await wipeDevice(this.vault, session);
    await wipeTyped(this.vault, session.userId);
    await forgetSession(this.vault);
    this.lock?.close();
    await this.toSignIn("signed-out", told ? undefined : NOT_TOLD);
  }

  async useHere(): Promise<void> {
    const session = await loadSession(this.vault);
    if (!session || session.expired || !this.lock) return this.toSignIn(session ? "expired" : undefined);
    this.stage.value = { at: "starting" };
    await this.lock.takeOver();
    await this.openSeat();
  }

  async keyIsKept(): Promise<void> {
    const { seat } = this;
    if (!seat || this.stage.value.at !== "keep-recovery-key") return;
    await this.vault.delete(recoveryKeyName(await storePrefix(seat.session)));
    await this.signed(seat);
  }

  async recover(recoveryKey: string): Promise<void> {
    const { seat } = this;
    if (!seat) return;
    this.stage.value = { at: "recover", busy: true };
    try {
      await seat.account.recover(recoveryKey);
    } catch (error) {
      this.stage.value = { at: "recover", busy: false };
      throw problemOf(error);
    }
    await this.signed(seat);
  }

  skipRecovery(): void {
    if (!this.seat) return;
    this.seat.account.allowUnsigned();
    this.ready(this.seat);
  }

  open(conversation: string | undefined): void {
    this.opened = conversation;
    this.seat?.account.desk.open(conversation);
  }

  async older(): Promise<void> {
    await this.seat?.account.desk.older().catch((error: unknown) => Promise.reject(problemOf(error)));
  }

  draft(conversation: string, text: string): void {
    this.seat?.account.draft(conversation, text);
  }

  send(conversation: string, text: string): Promise<void> {
    return this.ask((seat) => seat.account.send(conversation, text));
  }

  retry(conversation: string, entryKey: string): Promise<void> {
    return this.ask((seat) => seat.account.retry(conversation, entryKey));
  }

  discard(_conversation: string, entryKey: string): Promise<void> {
    return this.ask((seat) => seat.account.queue.discard(entryKey));
  }

  read(conversation: string): void {
    void this.seat?.account.desk.read(conversation).catch(() => {});
  }

  accept(conversation: string): Promise<void> {
    return this.ask((seat) => seat.account.accept(conversation));
  }

  check(text: string, to?: string): Promise<Check> {
    return this.ask(({ api, facts }) => {
      const conversation = to === undefined && this.opened !== undefined ? facts.conversation(this.opened) : undefined;
      return api.check(text, to === undefined ? { conversation } : { to });
    });
  }

  start(number: string, name: string | undefined, from: string | undefined): Promise<string> {
    const isHere = (room: string) => this.conversations.value.some(({ id, invited }) => id === room && !invited);
    return this.ask(({ api }) => startConversation(api, { number, name, from }, isHere));
  }

  /** Where our server is away, what it said last time is as good. */
  private async findConfig(): Promise<Config | undefined> {
    try {
      const config = await loadConfig();
      await this.vault.put("config", config);
      return config;
    } catch {
      return this.vault.get<Config>("config");
    }
  }

  private async comeBack(token: string): Promise<void> {
    try {
      await this.prove({ token });
    } catch (error) {
      await this.toSignIn(undefined, problemOf(error));
    }
  }

  /** Signs in; with the device of a login that ran out, whose keys are still here. */
  private async prove(proof: Proof): Promise<void> {
    const before = this.stage.value;
    if (before.at === "sign-in") this.stage.value = { ...before, busy: true, error: undefined };
    try {
      const earlier = await loadSession(this.vault);
      const isMine = earlier !== undefined && ("token" in proof || means(proof.user, earlier.userId));
      const { homeserver } = this.config;
      const credentials = await signIn(homeserver, proof, isMine ? earlier.deviceId : undefined);
      const isSame = earlier?.userId === credentials.userId && earlier.deviceId === credentials.deviceId;
      if (earlier && !isSame) await wipeDevice(this.vault, earlier);
      const session: Session = isSame
        ? { ...earlier, ...credentials, homeserver, expired: undefined }
        : { ...credentials, homeserver };
      await keepSession(this.vault, session);
      void navigator.storage?.persist?.();
      void this.enter(session);
    } catch (error) {
      if (before.at === "sign-in") this.stage.value = { ...before, busy: false, error: undefined };
      throw problemOf(error);
    }
  }

  private async enter({ userId, deviceId }: Session): Promise<void> {
    this.stage.value = { at: "starting" };
    this.lock?.close();
    this.lock = tabLock(userId, deviceId, () => this.moved());
    if (!(await this.lock.take())) {
      this.stage.value = { at: "open-elsewhere" };
      return;
    }
    await this.openSeat();
  }

  /** Under the lock. The session is read again: another tab may have renewed its tokens, or ended it. */
  private async openSeat(): Promise<void> {
    try {
      const session = await loadSession(this.vault);
      if (!session || session.expired) return await this.toSignIn(session ? "expired" : undefined);
      const stores = await openStores(this.vault, session);
      if (!stores) return await this.keysLost(session);
      const { Account } = await import("../matrix/account");
      const api = new Api({ openIdToken: () => account.openIdToken() });
      const facts = new Facts(api, () => account.desk.refresh());
      const account: Account = await Account.open({
        session,
        stores,
        vault: this.vault,
        bot: this.config.bot,
        facts: (room) => facts.of(room),
        showConversations: (all) => this.showConversations(all, facts),
        showTimeline: (timeline) => (this.timeline.value = timeline),
        showConnection: (connection) => (this.connection.value = connection),
        said: (_room, entry) => facts.said(entry),
        loggedOut: (soft) => void this.loggedOut(soft),
      });
      const seat = (this.seat = { session, account, api, facts });
      session.hadKeys = true;
      await keepSession(this.vault, session);
      await account.start();
      if (this.seat === seat) await this.settle(seat, stores.prefix);
    } catch (error) {
      // Signed out or moved meanwhile: that has its own screen.
      if (this.stage.value.at !== "starting") return;
      await this.close();
      this.broken(problemOf(error));
    }
  }

  /** From an account that runs to one that can be used: its keys. */
  private async settle(seat: Seat, prefix: string): Promise<void> {
    const { account, session } = seat;
    const unkept = await this.vault.get<string>(recoveryKeyName(prefix));
    if (session.isSigned && unkept === undefined) {
      this.ready(seat);
      void this.checkAgain(seat);
      return;
    }
    await account.synced;
    const standing = await account.standing();
    if (this.seat !== seat) return;
    if (standing === "later") this.stage.value = { at: "recover", busy: false };
    else if (standing === "first") await this.setUp(seat);
    else if (unkept !== undefined) this.stage.value = { at: "keep-recovery-key", recoveryKey: unkept, busy: false };
    else await this.signed(seat);
  }

  /** The account's keys may have been changed from elsewhere since. Where that cannot be told, all goes on. */
  private async checkAgain(seat: Seat): Promise<void> {
    await seat.account.synced;
    const standing = await seat.account.standing().catch(() => "ready");
    if (standing === "later" && this.seat === seat) this.stage.value = { at: "recover", busy: false };
  }

  private async setUp(seat: Seat): Promise<void> {
    try {
      const recoveryKey = await seat.account.setUp(this.password);
      this.stage.value = { at: "keep-recovery-key", recoveryKey, busy: false };
    } catch (error) {
      this.broken({ ...KEYS_NOT_MADE, detail: problemOf(error).detail });
    }
  }

  private async signed(seat: Seat): Promise<void> {
    seat.session.isSigned = true;
    await keepSession(this.vault, seat.session);
    this.ready(seat);
  }

  private ready(seat: Seat): void {
    this.password = undefined;
    const { account, session } = seat;
    const userId = session.userId;
    const name = userId.slice(1).split(":")[0] ?? userId;
    this.me.value ??= { userId, name, firm: this.config.firm, numbers: [], ...USUAL };
    this.stage.value = { at: "ready" };
    account.queue.start();
    if (this.opened !== undefined) account.desk.open(this.opened);
    void this.learnMe(seat);
  }

  /** Without our API this is still a chat: only numbers, consent and new conversations are missing. */
  private async learnMe({ account, api }: Seat): Promise<void> {
    const userId = this.me.value?.userId ?? "";
    try {
      this.me.value = { userId, ...(await api.me()) };
    } catch {
      const name = await account.name();
      if (this.me.value) this.me.value = { ...this.me.value, name };
    }
  }

  private showConversations(all: Conversation[], facts: Facts): void {
    this.conversations.value = all;
    facts.seen(all.filter(({ kind, invited }) => kind === "sms" && !invited).map(({ id }) => id));
  }

  /** Another tab takes over. */
  private async moved(): Promise<void> {
    await this.close();
    this.stage.value = { at: "moved" };
  }

  private async loggedOut(soft: boolean): Promise<void> {
    const { seat } = this;
    if (!seat) return;
    await this.close();
    if (soft) {
      await keepSession(this.vault, { ...seat.session, expired: true });
    } else {
      await wipeDevice(this.vault, seat.session);
      await forgetSession(this.vault);
    }
    this.lock?.close();
    await this.toSignIn(soft ? "expired" : "removed");
  }

  /** The device can never read again: it is ended, and signing in makes a new one. */
  private async keysLost(session: Session): Promise<void> {
    await signOut(session.homeserver, session.accessToken).catch(() => {});
    await wipeDevice(this.vault, session);
    await forgetSession(this.vault);
    this.lock?.close();
    await this.toSignIn(undefined, KEYS_LOST);
  }

  private async close(): Promise<void> {
    const { seat } = this;
    this.seat = undefined;
    this.conversations.value = [];
    this.timeline.value = undefined;
    this.me.value = undefined;
    if (!seat) return;
    seat.facts.stop();
    seat.api.close();
    await seat.account.stop();
  }

  private async toSignIn(why?: SignInStage["why"], error?: Problem): Promise<void> {
    const none: SignInWays = { password: false, sso: [] };
    this.stage.value = { at: "sign-in", why, error, busy: true, ways: none };
    try {
      const ways = await signInWays(this.config.homeserver);
      this.stage.value = { at: "sign-in", why, error, busy: false, ways };
      // While a name is being typed, what comes next is fetched.
      void import("../matrix/client").then(({ warmUp }) => warmUp()).catch(() => {});
    } catch (trouble) {
      this.broken(problemOf(trouble));
    }
  }

  private broken(problem: Problem): void {
    this.stage.value = { at: "broken", problem };
  }

  private async ask<T>(act: (seat: Seat) => Promise<T>): Promise<T> {
    const { seat } = this;
    try {
      if (!seat) throw new Error("nobody is signed in");
      return await act(seat);
    } catch (error) {
      throw problemOf(error);
    }
  }
}

/** Makes the world and sets it going. */
export function createWorld(): World {
  const world = new RealWorld();
  void world.begin();
  return world;
}
