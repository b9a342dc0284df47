/** The world of the screens, on Matrix and our API. */
import { signal } from "@preact/signals";
import { signOut } from "../matrix/homeserver";
import { type TabLock, atTheDoor, isAlone, tabLock } from "../matrix/lock";
import { type Session, forgetSession, loadSession, nameOf, updateSession } from "../matrix/session";
import { sweep, wipeDevice, wipeTyped } from "../matrix/stores";
import { type Vault, openVault } from "../matrix/vault";
import type { Connection, Conversation, Me, Problem, Stage, World } from "../model";
import { type Config, loadConfig } from "./config";
import { Door, type WhySignIn } from "./door";
import { KEYS_LOST, NOT_SECURE, NOT_TOLD, NO_CONFIG, NO_STORAGE, notServed, problemOf } from "./problems";
import { Recovery } from "./recovery";
import { type Requests, requests } from "./requests";
import { type Found, Seat } from "./seat";
import { broughtToken } from "./sso";

/** The server's own limits, until it has said which it has. */
const USUAL = { maxChars: 1600, region: "" };

/** From a cold page to a signed-in account and back. */
class Stay implements Omit<World, keyof Requests> {
  readonly stage = signal<Stage>({ at: "starting" });
  readonly connection = signal<Connection>("connecting");
  readonly me = signal<Me | undefined>(undefined);
  readonly refused = signal<Problem | undefined>(undefined);
  readonly conversations = signal<Conversation[]>([]);
  readonly timeline = signal<World["timeline"]["value"]>(undefined);

  private readonly opened: { room?: string } = {};
  readonly requests = requests({
    seat: () => this.seat,
    me: this.me,
    opened: this.opened,
    conversations: this.conversations,
  });

  private config!: Config;
  private vault!: Vault;
  private door!: Door;
  private lock: TabLock | undefined;
  private seat: Seat | undefined;
  /** Of the same account. */
  private recovery: Recovery | undefined;
  /** Of this sign-in, in case the homeserver wants it for new keys. */
  private password: string | undefined;

  async begin(): Promise<void> {
    // First of all: an address with a login token in it must not be seen, kept or copied.
    const token = broughtToken();
    if (!globalThis.isSecureContext || !navigator.locks) return this.broken(NOT_SECURE);
    const vault = await openVault().catch(() => undefined);
    if (!vault) return this.broken(NO_STORAGE);
    this.vault = vault;
    const config = await this.findConfig();
    if (!config) return this.broken(NO_CONFIG);
    this.config = config;
    this.door = new Door(vault, config.homeserver, this.stage, (session) => void this.enter(session));
    await atTheDoor(async () => {
      if (await isAlone()) await sweep(vault, await loadSession(vault));
    });
    const session = await loadSession(vault);
    if (session?.leaving) return this.leave(session);
    if (token !== undefined && (!session || session.expired)) return this.door.comeBack(token);
    if (!session) return this.toSignIn();
    if (session.expired) return this.toSignIn("expired");
    await this.enter(session);
  }

  async signIn(user: string, password: string): Promise<void> {
    this.password = password;
    try {
      await this.door.prove({ user, password });
    } catch (error) {
      this.password = undefined;
      throw error;
    }
  }

  signInBySso(provider: string): void {
    this.door.leaveFor(provider);
  }

  async saveKeys(): Promise<boolean> {
    return (await this.seat?.account?.saveKeys().catch(() => false)) ?? true;
  }

  async signOut(): Promise<void> {
    const { seat } = this;
    const session = seat?.session ?? (await loadSession(this.vault));
    // At the sign-in page another tab may have signed in meanwhile.
    if (!session || !(seat || session.expired)) return;
    this.stage.value = { at: "leaving" };
    // A tab that dies from here on leaves the rest to the next visit.
    session.leaving = true;
    await updateSession(this.vault, session);
    await this.close();
    await this.leave(session);
  }

  async useHere(): Promise<void> {
    const session = await loadSession(this.vault);
    if (!session || session.expired || !this.lock) return this.toSignIn(session ? "expired" : undefined);
    this.stage.value = { at: "starting" };
    await this.lock.takeOver();
    await this.openSeat();
  }

  async keyIsKept(): Promise<void> {
    await this.recovery?.keyIsKept();
  }

  async recover(recoveryKey: string): Promise<void> {
    await this.recovery?.recover(recoveryKey);
  }

  skipRecovery(): void {
    this.recovery?.skip();
  }

  toRecoveryKey(): void {
    this.recovery?.open();
  }

  lostKey(): void {
    this.recovery?.lost();
  }

  async newKey(): Promise<void> {
    await this.recovery?.newKey();
  }

  confirm(password?: string): void {
    this.recovery?.confirm(password);
  }

  back(): void {
    this.recovery?.back();
  }

  /** Everything of the account goes from this browser, and only then the homeserver is told: that may take long. */
  private async leave(session: Session): Promise<void> {
    this.stage.value = { at: "leaving" };
    await wipeDevice(this.vault, session);
    await wipeTyped(this.vault, session.userId);
    await forgetSession(this.vault);
    this.lock?.close();
    const told = await signOut(session.homeserver, session).then(() => true, () => false);
    await this.toSignIn("signed-out", told ? undefined : NOT_TOLD);
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

  /** Under the lock. */
  private async openSeat(): Promise<void> {
    const seat = (this.seat = new Seat({
      vault: this.vault,
      config: this.config,
      showConversations: (all) => (this.conversations.value = all),
      showTimeline: (timeline) => (this.timeline.value = timeline),
      showConnection: (connection) => (this.connection.value = connection),
      refused: (why) => {
        if (this.seat === seat) this.refused.value = notServed(why);
      },
      looked: () => void this.requests.learn().catch(() => {}),
      keysChanged: () => void this.recovery?.look(),
      loggedOut: (soft) => void this.loggedOut(soft),
    }));
    const recovery = (this.recovery = new Recovery({
      seat,
      password: this.password,
      stage: () => this.stage.value,
      show: (stage) => (this.stage.value = stage),
      ready: () => this.ready(seat),
    }));
    this.password = undefined;
    try {
      const found = await seat.open();
      if (found !== "account") return await this.notFound(found, seat);
      await seat.start();
      await recovery.begin();
    } catch (error) {
      if (this.seat !== seat) return;
      await this.close();
      this.broken(problemOf(error));
    }
  }

  private async notFound(found: Exclude<Found, "account">, { session }: Seat): Promise<void> {
    await this.close();
    if (found === "keys-lost") await this.keysLost(session);
    else await this.toSignIn(found === "expired" ? "expired" : undefined);
  }

  private ready(seat: Seat): void {
    const { account, session } = seat;
    // Moved or signed out meanwhile: that has its own screen.
    if (!account || this.seat !== seat) return;
    const { userId } = session;
    this.me.value ??= { userId, name: nameOf(userId), firm: this.config.firm, ...USUAL };
    this.stage.value = { at: "ready" };
    account.queue.start();
    if (this.opened.room !== undefined) account.desk.open(this.opened.room);
    void this.learnMe(seat);
  }

  /** Without our API this is still a chat: only numbers, consent and new conversations are missing. */
  private async learnMe({ account }: Seat): Promise<void> {
    try {
      await this.requests.learn();
    } catch {
      const name = await account?.name();
      if (this.me.value && name !== undefined) this.me.value = { ...this.me.value, name };
    }
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
      await updateSession(this.vault, { ...seat.session, expired: true });
    } else {
      await wipeDevice(this.vault, seat.session);
      await forgetSession(this.vault);
    }
    this.lock?.close();
    await this.toSignIn(soft ? "expired" : "removed");
  }

  /** The device can never read again: it is ended, and signing in makes a new one. */
  private async keysLost(session: Session): Promise<void> {
    await signOut(session.homeserver, session).catch(() => {});
    await wipeDevice(this.vault, session);
    await forgetSession(this.vault);
    this.lock?.close();
    await this.toSignIn(undefined, KEYS_LOST);
  }

  private async close(): Promise<void> {
    const { seat } = this;
    this.seat = undefined;
    this.recovery?.close();
    this.recovery = undefined;
    this.conversations.value = [];
    this.timeline.value = undefined;
    this.me.value = undefined;
    this.refused.value = undefined;
    await seat?.close();
  }

  private toSignIn(why?: WhySignIn, error?: Problem): Promise<void> {
    return this.door.open(why, error);
  }

  private broken(problem: Problem): void {
    this.stage.value = { at: "broken", problem };
  }
}

/** Makes the world and sets it going. */
export function createWorld(): World {
  const stay = new Stay();
  void stay.begin();
  return Object.assign(stay, stay.requests);
}
