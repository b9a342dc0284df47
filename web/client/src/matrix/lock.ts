/**
 * One tab at a time: two clients on one crypto store corrupt it.
 *
 * The tab that works holds a Web Lock. Another that wants to work asks over a channel; the holder stops,
 * lets go and says so on its screen. If it does not answer, the lock is taken by force: its code may still
 * run then, but it is told by the browser and stops as soon as it can run at all.
 */
export interface Locks {
  request(name: string, options: LockOptions, held: (lock: unknown) => Promise<void>): Promise<unknown>;
}

export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

export interface LockParts {
  locks: Locks;
  channel: Channel;
  /** How long the other tab has to let go. */
  patienceMs: number;
  /** Another tab takes over: stop all work. The lock is kept until it is done. */
  stop(): Promise<void>;
}

const LEAVE = "leave";

/** The right of this tab to the keys of an account. */
export class TabLock {
  private letGo: (() => void) | undefined;

  constructor(
    private readonly name: string,
    private readonly parts: LockParts,
  ) {
    parts.channel.onmessage = ({ data }) => {
      if (data === LEAVE && this.letGo) void this.leave();
    };
  }

  /** Takes the lock if it is free. */
  take(): Promise<boolean> {
    return this.request({ mode: "exclusive", ifAvailable: true });
  }

  /** Asks the other tab to leave and waits for it; takes the lock by force if it does not. */
  async takeOver(): Promise<void> {
    this.parts.channel.postMessage(LEAVE);
    const patience = AbortSignal.timeout(this.parts.patienceMs);
    if (await this.request({ mode: "exclusive", signal: patience })) return;
    await this.request({ mode: "exclusive", steal: true });
  }

  /** Lets go. */
  release(): void {
    this.letGo?.();
    this.letGo = undefined;
  }

  /** Lets go for good. */
  close(): void {
    this.release();
    this.parts.channel.close();
  }

  private async leave(): Promise<void> {
    try {
      await this.parts.stop();
    } finally {
      this.release();
    }
  }

  /** Resolves once it is known whether the lock is ours; the lock is held on until it is let go. */
  private request(options: LockOptions): Promise<boolean> {
    return new Promise((resolve) => {
      let mine = false;
      const held = (lock: unknown): Promise<void> => {
        mine = lock !== null;
        resolve(mine);
        return mine ? new Promise((done) => (this.letGo = done)) : Promise.resolve();
      };
      this.parts.locks.request(this.name, options, held).catch(() => {
        // Not given in time, or taken from us by force.
        resolve(false);
        if (!mine || !this.letGo) return;
        this.letGo = undefined;
        void this.parts.stop();
      });
    });
  }
}

const NAMES = "verbatim:";

/** Whether no tab of this browser works with anybody's keys. */
export async function isAlone(): Promise<boolean> {
  const { held } = await navigator.locks.query();
  return !held?.some(({ name }) => name?.startsWith(NAMES));
}

/** What changes who is signed in here: of several tabs, one after the other. */
export function atTheDoor<T>(act: () => Promise<T>): Promise<T> {
  return navigator.locks.request("verbatim-door", act);
}

/** The lock of an account's device, on the browser's own locks. */
export function tabLock(userId: string, deviceId: string, stop: () => Promise<void>): TabLock {
  const name = `${NAMES}${userId}:${deviceId}`;
  return new TabLock(name, {
    locks: navigator.locks as unknown as Locks,
    channel: new BroadcastChannel(name),
    patienceMs: 5000,
    stop,
  });
}
