/**
 * The way to keys that can be used, as pages: the recovery key shown, entered, lost, made again. Of one account at
 * work; it moves the stage until the account can be used, and whenever its keys are the matter.
 */
import type { Challenge, Prove } from "../matrix/confirm";
import { GivenUp, KeysReplaced } from "../matrix/faults";
import type { Problem, Stage } from "../model";
import { KEYS_NOT_MADE, NOT_CONFIRMED, WRONG_PASSWORD, problemOf } from "./problems";
import type { Seat } from "./seat";

export interface RecoveryParts {
  seat: Pick<Seat, "running" | "session" | "unkeptKey" | "signed">;
  /** Of this sign-in, in case the homeserver asks for it. */
  password?: string;
  stage(): Stage;
  show(stage: Stage): void;
  /** The account can be used. */
  ready(): void;
}

export class Recovery {
  private password: string | undefined;
  /** This browser has the account's keys, as far as we know. */
  private hasKeys = false;
  /** Somebody is asked to confirm. */
  private asked: { answer(how: { password?: string }): void; giveUp(why: unknown): void } | undefined;
  /** The last answer was a password. */
  private byPassword = true;
  /** A look may be reported as a change itself. */
  private looking = false;
  private isOver = false;

  constructor(private readonly parts: RecoveryParts) {
    this.password = parts.password;
  }

  /** From an account that runs to one that can be used, or to the page of what that takes. */
  async begin(): Promise<void> {
    const { seat } = this.parts;
    const unkept = await seat.unkeptKey();
    if (seat.session.isSigned && unkept === undefined) {
      this.ready(true);
      await this.look();
      return;
    }
    const account = seat.running();
    await account.synced;
    const standing = await account.standing(unkept);
    if (standing === "later") this.show({ at: "recover", busy: false });
    else if (standing === "first") await this.make(false).catch((error: unknown) => this.notMade(error));
    else if (unkept !== undefined) this.show({ at: "keep-recovery-key", recoveryKey: unkept, busy: false });
    else {
      await seat.signed();
      this.ready(true);
    }
  }

  /** Whether the keys were replaced from elsewhere. While another page is shown, that page finds out; where it cannot be told, all goes on. */
  async look(): Promise<void> {
    if (this.looking || this.parts.stage().at !== "ready" || !this.hasKeys) return;
    this.looking = true;
    const account = this.parts.seat.running();
    await account.synced;
    const standing = await account.standing().catch(() => undefined);
    this.looking = false;
    if (standing === "later" && this.parts.stage().at === "ready") this.keysGone();
  }

  async keyIsKept(): Promise<void> {
    if (this.parts.stage().at !== "keep-recovery-key") return;
    await this.parts.seat.signed();
    this.ready(true);
  }

  async recover(recoveryKey: string): Promise<void> {
    const { seat } = this.parts;
    this.show({ at: "recover", busy: true });
    try {
      await seat.running().recover(recoveryKey);
      await seat.signed();
    } catch (error) {
      this.show({ at: "recover", busy: false });
      throw problemOf(error);
    }
    this.ready(true);
  }

  /** Goes on without older texts. */
  skip(): void {
    this.parts.seat.running().allowUnsigned();
    this.ready(false);
  }

  /** From the running client. */
  open(): void {
    if (this.parts.stage().at === "ready") this.show({ at: this.hasKeys ? "new-key" : "recover", busy: false });
  }

  /** From the door. */
  lost(): void {
    if (this.parts.stage().at === "recover") this.show({ at: "lost-key", busy: false });
  }

  /** Makes a recovery key, from the page that says what that means. */
  async newKey(): Promise<void> {
    const { at } = this.parts.stage();
    if (at !== "lost-key" && at !== "new-key") return;
    this.show({ at, busy: true });
    try {
      await this.make(at === "lost-key");
    } catch (error) {
      if (error instanceof KeysReplaced) this.keysGone();
      else this.show({ at, busy: false, error: error instanceof GivenUp ? undefined : problemOf(error) });
    }
  }

  /** Answers what the homeserver wants to know. */
  confirm(password?: string): void {
    const stage = this.parts.stage();
    if (stage.at !== "confirm" || !this.asked) return;
    this.show({ ...stage, busy: true, error: undefined });
    this.byPassword = password !== undefined;
    this.asked.answer({ password });
    this.asked = undefined;
  }

  back(): void {
    const { at } = this.parts.stage();
    if (at === "confirm") this.giveUp();
    else if (at === "lost-key") this.show({ at: "recover", busy: false });
    else if (at === "new-key") this.ready(true);
  }

  /** Nothing is shown any more, and nobody is asked. */
  close(): void {
    this.isOver = true;
    this.giveUp();
  }

  private async make(replace: boolean): Promise<void> {
    const recoveryKey = await this.parts.seat.running().setUp(this.prove, replace);
    this.show({ at: "keep-recovery-key", recoveryKey, busy: false });
  }

  private readonly prove: Prove = async (challenge) => {
    const { password } = this;
    this.password = undefined;
    if (password !== undefined && challenge.password && !challenge.again) return { password };
    return new Promise((answer, giveUp) => {
      this.asked = { answer, giveUp };
      this.show({ at: "confirm", password: challenge.password, page: challenge.page, busy: false, error: this.refusal(challenge) });
    });
  };

  /** What was said before was not enough. */
  private refusal({ again }: Challenge): Problem | undefined {
    if (!again) return undefined;
    return this.byPassword ? WRONG_PASSWORD : NOT_CONFIRMED;
  }

  private giveUp(): void {
    this.asked?.giveUp(new GivenUp());
    this.asked = undefined;
  }

  /** Another browser has made the account's keys anew. */
  private keysGone(): void {
    this.hasKeys = false;
    this.show({ at: "recover", busy: false });
  }

  private notMade(error: unknown): void {
    this.show({ at: "broken", problem: { ...KEYS_NOT_MADE, detail: problemOf(error).detail } });
  }

  private ready(hasKeys: boolean): void {
    if (this.isOver) return;
    this.password = undefined;
    this.hasKeys = hasKeys;
    this.parts.ready();
  }

  private show(stage: Stage): void {
    if (!this.isOver) this.parts.show(stage);
  }
}
