/** From page to page: the recovery key kept, entered, lost and made again. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Prove } from "../matrix/confirm";
import { KeysReplaced, WrongRecoveryKey } from "../matrix/faults";
import type { Stage } from "../model";
import { Recovery } from "./recovery";
import type { Seat } from "./seat";

/** The account of the day, and what was asked of it. */
let standing: "first" | "later" | "ready";
let unkept: string | undefined;
let isSigned: boolean;
let done: string[];
let making: (prove: Prove) => Promise<void>;
let stage: Stage;
let stages: string[];

beforeEach(() => {
  [standing, unkept, isSigned, done, stages] = ["later", undefined, false, [], []];
  making = async () => {};
  stage = { at: "starting" };
});

function recovery(password?: string): Recovery {
  const account = {
    synced: Promise.resolve(),
    standing: async () => standing,
    setUp: async (prove: Prove, replace: boolean) => {
      done.push(replace ? "keys replaced" : "set up");
      await making(prove);
      return "KEY";
    },
    recover: async (key: string) => {
      if (key !== "KEY") throw new WrongRecoveryKey();
      done.push("recovered");
    },
    allowUnsigned: () => void done.push("unsigned"),
  };
  const seat = {
    session: { isSigned },
    running: () => account,
    unkeptKey: async () => unkept,
    signed: async () => void done.push("signed"),
  } as unknown as Seat;
  const show = (next: Stage) => {
    stage = next;
    stages.push(next.at);
  };
  return new Recovery({ seat, password, stage: () => stage, show, ready: () => show({ at: "ready" }) });
}

const settled = () => new Promise((resolve) => setTimeout(resolve));
const askFor = (page?: string) => async (prove: Prove) => {
  await prove({ password: page === undefined, page, again: false });
};

describe("at the door", () => {
  it.each<[typeof standing, string | undefined, boolean, string[], Partial<Stage>]>([
    ["first", undefined, false, ["set up"], { at: "keep-recovery-key", recoveryKey: "KEY" }],
    ["later", undefined, false, [], { at: "recover" }],
    ["later", "UNKEPT", false, [], { at: "recover" }],
    ["ready", "UNKEPT", false, [], { at: "keep-recovery-key", recoveryKey: "UNKEPT" }],
    // A recovery key was being made when the tab died.
    ["first", "UNKEPT", true, ["set up"], { at: "keep-recovery-key", recoveryKey: "KEY" }],
    ["ready", undefined, false, ["signed"], { at: "ready" }],
    ["ready", undefined, true, [], { at: "ready" }],
    // Replaced from elsewhere since the last visit.
    ["later", undefined, true, [], { at: "recover" }],
  ])("%s, %s in the vault, signed before: %s", async (how, key, signed, expected, end) => {
    [standing, unkept, isSigned] = [how, key, signed];
    await recovery().begin();
    expect(done).toEqual(expected);
    expect(stage).toMatchObject(end);
  });

  it("without the recovery key, the keys are made anew, and it is to be kept", async () => {
    const keys = recovery();
    await keys.begin();
    keys.lost();
    expect(stage).toEqual({ at: "lost-key", busy: false });
    await keys.newKey();
    expect(stage).toMatchObject({ at: "keep-recovery-key", recoveryKey: "KEY" });
    await keys.keyIsKept();
    expect(stage.at).toBe("ready");
    expect(done).toEqual(["keys replaced", "signed"]);
  });

  it("who goes back has changed nothing", async () => {
    const keys = recovery();
    await keys.begin();
    keys.lost();
    keys.back();
    expect(stage).toEqual({ at: "recover", busy: false });
    await keys.newKey();
    expect(done).toEqual([]);
  });

  it("what fails is said on the page, and can be tried again", async () => {
    const keys = recovery();
    await keys.begin();
    keys.lost();
    making = () => Promise.reject(new TypeError("away"));
    await keys.newKey();
    expect(stage).toMatchObject({ at: "lost-key", busy: false, error: { title: "The chat server does not answer" } });
    making = async () => {};
    await keys.newKey();
    expect(stage.at).toBe("keep-recovery-key");
  });

  it("a wrong recovery key leaves the page as it was", async () => {
    const keys = recovery();
    await keys.begin();
    await expect(keys.recover("other")).rejects.toMatchObject({ title: "This is not your recovery key" });
    expect(stage).toEqual({ at: "recover", busy: false });
    await keys.recover("KEY");
    expect(stage.at).toBe("ready");
    expect(done).toEqual(["recovered", "signed"]);
  });
});

describe("the homeserver wants to know who asks", () => {
  const lost = async (password?: string) => {
    const keys = recovery(password);
    await keys.begin();
    keys.lost();
    return keys;
  };

  it("the password of this sign-in answers by itself", async () => {
    const answers: unknown[] = [];
    making = async (prove) => void answers.push(await prove({ password: true, again: false }));
    await (await lost("secret")).newKey();
    expect(answers).toEqual([{ password: "secret" }]);
    expect(stages).not.toContain("confirm");
  });

  it("it is asked for once it was refused, and said to be wrong", async () => {
    making = async (prove) => {
      await prove({ password: true, again: false });
      await prove({ password: true, again: true });
    };
    const keys = await lost("changed since");
    const made = keys.newKey();
    await settled();
    expect(stage).toMatchObject({ at: "confirm", password: true, busy: false, error: { title: "The password is wrong" } });
    keys.confirm("secret");
    expect(stage).toMatchObject({ at: "confirm", busy: true, error: undefined });
    await made;
    expect(stage.at).toBe("keep-recovery-key");
  });

  it("where both ways are open, it says which was not enough", async () => {
    const either = { password: true, page: "http://hs/confirm" };
    making = async (prove) => {
      await prove({ ...either, again: false });
      await prove({ ...either, again: true });
      await prove({ ...either, again: true });
    };
    const keys = await lost();
    const made = keys.newKey();
    await settled();
    keys.confirm();
    await settled();
    expect(stage).toMatchObject({ error: { title: "The chat server has not got your confirmation yet" } });
    keys.confirm("wrong");
    await settled();
    expect(stage).toMatchObject({ error: { title: "The password is wrong" } });
    keys.confirm("secret");
    await made;
    expect(stage.at).toBe("keep-recovery-key");
  });

  it("a page of the homeserver is shown, and giving up changes nothing", async () => {
    making = askFor("http://hs/confirm");
    const keys = await lost("of no use there");
    const made = keys.newKey();
    await settled();
    expect(stage).toMatchObject({ at: "confirm", password: false, page: "http://hs/confirm" });
    keys.back();
    await made;
    expect(stage).toEqual({ at: "lost-key", busy: false, error: undefined });
  });

  it("nothing is shown once the account is closed", async () => {
    making = askFor();
    const keys = await lost();
    const made = keys.newKey();
    await settled();
    keys.close();
    stage = { at: "moved" };
    await made;
    expect(stage).toEqual({ at: "moved" });
  });
});

describe("in the running client", () => {
  beforeEach(() => {
    [standing, isSigned] = ["ready", true];
  });

  it("another recovery key is made for the keys that are here", async () => {
    const keys = recovery();
    await keys.begin();
    keys.open();
    expect(stage).toEqual({ at: "new-key", busy: false });
    await keys.newKey();
    await keys.keyIsKept();
    expect(stage.at).toBe("ready");
    expect(done).toEqual(["set up", "signed"]);
  });

  it("who went on without keys comes to the door again", async () => {
    [standing, isSigned] = ["later", false];
    const keys = recovery();
    await keys.begin();
    keys.skip();
    expect(done).toEqual(["unsigned"]);
    keys.open();
    expect(stage.at).toBe("recover");
  });

  it("keys that were replaced from elsewhere lead to the door at once", async () => {
    const keys = recovery();
    await keys.begin();
    standing = "later";
    await keys.look();
    expect(stage).toEqual({ at: "recover", busy: false });
  });

  it("and they are not replaced in turn by who wanted another recovery key", async () => {
    const keys = recovery();
    await keys.begin();
    keys.open();
    making = () => Promise.reject(new KeysReplaced());
    await keys.newKey();
    expect(stage).toEqual({ at: "recover", busy: false });
  });
});
