import type { Locks } from "../src/matrix/lock";

/** The browser's locks, as far as one name goes. */
export class FakeLocks implements Locks {
  holder: { reject: (why: Error) => void } | undefined;
  private readonly waiting: (() => void)[] = [];

  request(_name: string, options: LockOptions, held: (lock: unknown) => Promise<void>): Promise<unknown> {
    if (options.ifAvailable && this.holder) return held(null);
    if (options.steal && this.holder) {
      this.holder.reject(new DOMException("stolen", "AbortError"));
      this.holder = undefined;
    }
    return new Promise((resolve, reject) => {
      const grant = () => {
        const me = { reject };
        this.holder = me;
        const free = (say: () => void) => {
          if (this.holder === me) this.holder = undefined;
          say();
          this.waiting.shift()?.();
        };
        void held({}).then(() => free(() => resolve(undefined)), (why) => free(() => reject(why)));
      };
      if (!this.holder) return grant();
      this.waiting.push(grant);
      options.signal?.addEventListener("abort", () => {
        this.waiting.splice(this.waiting.indexOf(grant), 1);
        reject(new DOMException("waited enough", "AbortError"));
      });
    });
  }
}

/** The browser's locks, by name. */
export function fakeLocks() {
  const byName = new Map<string, FakeLocks>();
  return {
    query: async () => ({ held: [...byName].flatMap(([name, locks]) => (locks.holder ? [{ name }] : [])) }),
    request(name: string, ...rest: [LockOptions, (lock: unknown) => Promise<void>] | [(lock: unknown) => Promise<unknown>]) {
      const locks = byName.get(name) ?? new FakeLocks();
      byName.set(name, locks);
      if (rest.length === 2) return locks.request(name, ...rest);
      let given: unknown;
      const held = async (lock: unknown) => void (given = await rest[0](lock));
      return locks.request(name, {}, held).then(() => given);
    },
  };
}
