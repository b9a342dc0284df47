/** The sign-in page, and the ways through it. */
import type { Signal } from "@preact/signals";
import { type Proof, hasDevice, signIn, signInWays, signOut, ssoAddress } from "../matrix/homeserver";
import { atTheDoor } from "../matrix/lock";
import { type Session, forgetSession, keepSession, loadSession, nameOf } from "../matrix/session";
import { wipeDevice } from "../matrix/stores";
import type { Vault } from "../matrix/vault";
import type { Problem, SignInWays, Stage } from "../model";
import { DEVICE_ENDED, SIGNED_IN_ALREADY, notTheirs, problemOf, signInProblem } from "./problems";
import { wayBack } from "./sso";

export type WhySignIn = Extract<Stage, { at: "sign-in" }>["why"];

export class Door {
  constructor(
    private readonly vault: Vault,
    private readonly homeserver: string,
    private readonly stage: Signal<Stage>,
    private readonly enter: (session: Session) => void,
  ) {}

  async open(why?: WhySignIn, error?: Problem): Promise<void> {
    const none: SignInWays = { password: false, sso: [] };
    const page = { at: "sign-in", why, error, ...(await this.ranOut()) } as const;
    this.stage.value = { ...page, busy: true, ways: none };
    try {
      const ways = await signInWays(this.homeserver);
      this.stage.value = { ...page, busy: false, ways };
      // While a name is being typed, what comes next is fetched.
      void import("../matrix/client").then(({ warmUp }) => warmUp()).catch(() => {});
    } catch (trouble) {
      // What went wrong before says more than that nobody can sign in now.
      this.stage.value = { at: "broken", problem: error ?? problemOf(trouble) };
    }
  }

  /** Leaves the page for a single sign-on. */
  leaveFor(provider: string): void {
    location.assign(ssoAddress(this.homeserver, provider, wayBack()));
  }

  /** Comes back from it. */
  async comeBack(token: string): Promise<void> {
    try {
      await this.prove({ token });
    } catch (error) {
      await this.open(undefined, problemOf(error));
    }
  }

  /** Signs in; with the device of a login that ran out, whose keys are still here. */
  async prove(proof: Proof): Promise<void> {
    const before = this.stage.value;
    if (before.at === "sign-in") this.stage.value = { ...before, busy: true, error: undefined };
    try {
      const session = await atTheDoor(() => this.obtain(proof));
      void navigator.storage?.persist?.();
      this.enter(session);
    } catch (error) {
      // Nothing may be left of what had run out.
      const isOver = before.at === "sign-in" && before.whose !== undefined && !(await this.ranOut());
      const now = isOver ? { why: undefined, whose: undefined } : {};
      if (before.at === "sign-in") this.stage.value = { ...before, ...now, busy: false, error: undefined };
      throw signInProblem(error, proof);
    }
  }

  /** Of a login that ran out and can be gone on with. */
  private async ranOut(): Promise<{ why: "expired"; whose: string } | undefined> {
    const earlier = await loadSession(this.vault);
    return earlier?.expired ? { why: "expired", whose: nameOf(earlier.userId) } : undefined;
  }

  /** A new session; in the place of one that ran out, if it is of the same person. */
  private async obtain(proof: Proof): Promise<Session> {
    const { homeserver, vault } = this;
    const earlier = await loadSession(vault);
    // Another tab may be at work with its keys.
    if (earlier && !earlier.expired) throw SIGNED_IN_ALREADY;
    const credentials = await signIn(homeserver, proof, earlier?.deviceId);
    if (earlier && earlier.userId !== credentials.userId) {
      await signOut(homeserver, credentials).catch(() => {});
      throw notTheirs(nameOf(earlier.userId));
    }
    const isSame = earlier?.deviceId === credentials.deviceId;
    if (isSame && earlier.deviceKey !== undefined && !(await hasDevice(homeserver, credentials, earlier.deviceKey))) {
      await wipeDevice(vault, earlier);
      await forgetSession(vault);
      await signOut(homeserver, credentials).catch(() => {});
      throw DEVICE_ENDED;
    }
    if (earlier && !isSame) {
      await wipeDevice(vault, earlier);
      void signOut(earlier.homeserver, earlier).catch(() => {});
    }
    const session: Session = isSame
      ? { ...earlier, ...credentials, homeserver, expired: undefined }
      : { ...credentials, homeserver };
    await keepSession(vault, session);
    return session;
  }
}
