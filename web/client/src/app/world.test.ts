// @vitest-environment happy-dom
/** From a cold page to an account and back, in one tab and in two. */
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeLocks } from "../../test-world/locks";
import { keepSession, loadSession } from "../matrix/session";
import { type Vault, openVault } from "../matrix/vault";
import type { World } from "../model";

/** What the account of the day does; the SDK stays out of it. */
const account = vi.hoisted(() => ({
  wasm: Promise.resolve(),
  warmed: 0,
  opened: 0,
  started: 0,
  stopped: 0,
  opening: Promise.resolve(),
  /** What the one that was opened last was given. */
  parts: undefined as { loggedOut(soft: boolean): void } | undefined,
}));

vi.mock("../matrix/client", () => ({
  warmUp: () => {
    account.warmed += 1;
    return account.wasm;
  },
}));
vi.mock("../matrix/account", () => ({
  Account: {
    async open(parts: { stores: { prefix: string }; loggedOut(soft: boolean): void }) {
      const { stores } = parts;
      account.parts = parts;
      account.opened += 1;
      for (const part of ["matrix-sdk-crypto", "matrix-sdk-crypto-meta"]) {
        const request = indexedDB.open(`${stores.prefix}::${part}`);
        request.onsuccess = () => request.result.close();
      }
      await account.opening;
      return {
        synced: Promise.resolve(),
        standing: async () => "ready",
        start: async () => void (account.started += 1),
        stop: async () => void (account.stopped += 1),
        deviceKey: async () => "key",
        name: async () => "alice",
        queue: { start: () => {} },
        desk: { open: () => {}, refresh: () => {} },
        openIdToken: () => Promise.reject(new TypeError("away")),
      };
    },
  },
}));

type Answer = (body: Record<string, any>, token: string | null) => Response | Promise<Response>;
const config = { homeserver: "http://hs", server_name: "x", firm: "Acme", bot: "@bot:x" };
let server: Record<string, Answer>;
let asked: string[];
let vault: Vault;
const { createWorld } = await import("./world");

beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  Object.assign(account, { wasm: Promise.resolve(), opening: Promise.resolve(), warmed: 0, opened: 0, started: 0, stopped: 0 });
  // Tabs of an earlier test hear what is said of another device only.
  alice.deviceId += "I";
  asked = [];
  server = {
    "/config.json": () => Response.json(config),
    "GET login": () => Response.json({ flows: [{ type: "m.login.password" }] }),
    "POST login": ({ identifier, device_id }) =>
      Response.json({ user_id: `@${identifier.user}:x`, device_id: device_id ?? `D-${identifier.user}`, access_token: "a", refresh_token: "r" }),
    "POST logout": () => Response.json({}),
    "POST keys/query": ({ device_keys }) => Response.json({ device_keys: keysOf(device_keys) }),
  };
  vi.stubGlobal("isSecureContext", true);
  Object.defineProperty(navigator, "locks", { configurable: true, value: fakeLocks() });
  vi.stubGlobal("fetch", async (input: string, init: RequestInit = {}) => {
    const path = input.replace("http://hs/_matrix/client/v3/", "");
    const what = path === "/config.json" ? path : `${init.method} ${path}`;
    asked.push(what);
    const answer = server[what];
    if (!answer) throw new TypeError(`nobody answers ${what}`);
    return answer(JSON.parse(String(init.body ?? "{}")), new Headers(init.headers).get("Authorization"));
  });
  vault = await openVault();
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  history.replaceState(null, "", "/");
});

/** Of every device that is asked for, the key of the account above. */
function keysOf(asked: Record<string, string[]>) {
  const ofUser = (ids: string[]) => Object.fromEntries(ids.map((id) => [id, { keys: { [`ed25519:${id}`]: "key" } }]));
  return Object.fromEntries(Object.entries(asked).map(([user, ids]) => [user, ofUser(ids)]));
}

/** The page as it opens when a single sign-on that this tab asked for has led back to it. */
function backFromSso(token = "token") {
  sessionStorage.setItem("verbatim-sso", "1");
  history.replaceState(null, "", `/?sso=1&loginToken=${token}`);
  return createWorld();
}

const alice = { homeserver: "http://hs", userId: "@alice:x", deviceId: "D-alice", accessToken: "a", refreshToken: "r", isSigned: true };
const at = (world: World, stage: string) =>
  vi.waitFor(() => expect(world.stage.value).toMatchObject({ at: stage, ...(stage === "sign-in" && { busy: false }) }));
const settled = () => new Promise((done) => setTimeout(done, 30));
function held() {
  let release = () => {};
  return { promise: new Promise<void>((resolve) => (release = resolve)), release: () => release() };
}

describe("two tabs", () => {
  it("one that is still fetching what encrypts never opens the keys after the other has taken over", async () => {
    await keepSession(vault, alice);
    const wasm = held();
    account.wasm = wasm.promise;
    const first = createWorld();
    await vi.waitFor(() => expect(account.warmed).toBe(1));
    account.wasm = Promise.resolve();
    const second = createWorld();
    await at(second, "open-elsewhere");
    await second.useHere();
    await at(second, "ready");
    wasm.release();
    await settled();
    expect(first.stage.value.at).toBe("moved");
    expect(account).toMatchObject({ opened: 1, started: 1, stopped: 0 });
  });

  it("one that is opening the keys closes them before the other opens them", async () => {
    await keepSession(vault, alice);
    const opening = held();
    account.opening = opening.promise;
    const first = createWorld();
    await vi.waitFor(() => expect(account.opened).toBe(1));
    const second = createWorld();
    await at(second, "open-elsewhere");
    const taken = second.useHere();
    await settled();
    expect(account.opened).toBe(1);
    opening.release();
    await taken;
    await at(second, "ready");
    expect(first.stage.value.at).toBe("moved");
    expect(account).toMatchObject({ opened: 2, started: 1, stopped: 1 });
  });

  it("nobody else signs in over an account that is at work", async () => {
    const [first, second] = [createWorld(), createWorld()];
    await Promise.all([at(first, "sign-in"), at(second, "sign-in")]);
    await first.signIn("alice", "secret");
    await expect(second.signIn("bob", "secret")).rejects.toMatchObject({ title: "Somebody is signed in here already" });
    expect(await loadSession(vault)).toMatchObject({ userId: "@alice:x" });
    await at(first, "ready");
  });
});

describe("a login that ran out", () => {
  /** Alice was signed in here, and typed. */
  async function ranOut() {
    await keepSession(vault, alice);
    const first = createWorld();
    await at(first, "ready");
    await vault.put("draft:@alice:x:!r", "typed");
    await vault.put("outbox:@alice:x:1", "waits");
    return first;
  }
  const kept = async () => [...(await vault.list("draft:")), ...(await vault.list("outbox:"))].map(([name]) => name);
  const stores = async () => (await indexedDB.databases()).filter(({ name }) => name?.startsWith("verbatim-")).length;
  const TYPED = ["draft:@alice:x:!r", "outbox:@alice:x:1"];

  it("keeps the device, its keys and what was typed, and says whose they are", async () => {
    const world = await ranOut();
    account.parts?.loggedOut(true);
    await at(world, "sign-in");
    expect(world.stage.value).toMatchObject({ why: "expired", whose: "alice" });
    expect(await loadSession(vault)).toMatchObject({ deviceId: alice.deviceId, expired: true, deviceKey: "key" });
    expect([await kept(), await stores()]).toEqual([TYPED, 2]);
    expect(asked).not.toContain("POST logout");
  });

  it("ended for good takes the device along, and what was typed waits for its owner", async () => {
    const world = await ranOut();
    account.parts?.loggedOut(false);
    await at(world, "sign-in");
    expect(world.stage.value).toMatchObject({ why: "removed" });
    expect(await loadSession(vault)).toBeUndefined();
    expect([await kept(), await stores()]).toEqual([TYPED, 0]);
  });

  it.each(["password", "single sign-on"])("goes on with the same device by %s", async (way) => {
    const logins: unknown[] = [];
    server["POST login"] = ({ device_id }) => {
      logins.push(device_id);
      return Response.json({ user_id: "@alice:x", device_id, access_token: "new" });
    };
    const before = await ranOut();
    account.parts?.loggedOut(true);
    await at(before, "sign-in");
    if (way === "password") await before.signIn("alice", "secret");
    const world = way === "password" ? before : backFromSso();
    await at(world, "ready");
    expect(logins).toEqual([alice.deviceId]);
    expect(await loadSession(vault)).toMatchObject({ deviceId: alice.deviceId, accessToken: "new", deviceKey: "key", isSigned: true });
    expect((await loadSession(vault))?.expired).toBeUndefined();
    expect([await kept(), await stores()]).toEqual([TYPED, 2]);
  });

  it.each(["password", "single sign-on"])("is not for somebody else to go on with by %s", async (way) => {
    const ended: unknown[] = [];
    server["POST login"] = ({ device_id }) => Response.json({ user_id: "@bob:x", device_id, access_token: "bobs" });
    server["POST logout"] = (_body, token) => {
      ended.push(token);
      return Response.json({});
    };
    const before = await ranOut();
    account.parts?.loggedOut(true);
    await at(before, "sign-in");
    const refusal = { title: "Only alice can sign in here now" };
    if (way === "password") await expect(before.signIn("bob", "secret")).rejects.toMatchObject(refusal);
    const world = way === "password" ? before : backFromSso();
    await at(world, "sign-in");
    expect(world.stage.value).toMatchObject({ why: "expired", whose: "alice", ...(way !== "password" && { error: refusal }) });
    expect(ended).toEqual(["Bearer bobs"]);
    expect(await loadSession(vault)).toMatchObject({ userId: "@alice:x", deviceId: alice.deviceId, expired: true });
    expect([await kept(), await stores()]).toEqual([TYPED, 2]);
  });

  it("does not go on with a device that was deleted meanwhile: nobody could write to it", async () => {
    const world = await ranOut();
    account.parts?.loggedOut(true);
    await at(world, "sign-in");
    server["POST keys/query"] = () => Response.json({ device_keys: { "@alice:x": {} } });
    await expect(world.signIn("alice", "secret")).rejects.toMatchObject({ title: "This browser was signed out from elsewhere meanwhile" });
    expect([await kept(), await stores(), await loadSession(vault)]).toEqual([TYPED, 0, undefined]);
    expect(asked).toContain("POST logout");
    expect(world.stage.value).toMatchObject({ at: "sign-in", why: undefined, whose: undefined });
    await world.signIn("alice", "secret");
    await at(world, "ready");
    expect(await loadSession(vault)).toMatchObject({ deviceId: "D-alice" });
    expect(await kept()).toEqual(TYPED);
  });

  it("gives its place up where all of it is deleted", async () => {
    const world = await ranOut();
    account.parts?.loggedOut(true);
    await at(world, "sign-in");
    server["POST refresh"] = () => Response.json({ errcode: "M_UNKNOWN_TOKEN" }, { status: 401 });
    server["POST logout"] = () => Response.json({ errcode: "M_UNKNOWN_TOKEN", soft_logout: true }, { status: 401 });
    await world.signOut();
    expect(world.stage.value).toMatchObject({ at: "sign-in", why: "signed-out", error: undefined });
    expect([await kept(), await stores(), await loadSession(vault)]).toEqual([[], 0, undefined]);
    await world.signIn("bob", "secret");
    await at(world, "ready");
    expect(await loadSession(vault)).toMatchObject({ userId: "@bob:x" });
  });
});

describe("signing out", () => {
  it("wipes before it tells anybody", async () => {
    await keepSession(vault, alice);
    await vault.put("draft:@alice:x:!r", "typed");
    const answer = held();
    let found: unknown;
    server["POST logout"] = async () => {
      found = [await loadSession(vault), await vault.list("draft:"), await vault.list("store-key:")];
      await answer.promise;
      return Response.json({});
    };
    const world = createWorld();
    await at(world, "ready");
    const left = world.signOut();
    await vi.waitFor(() => expect(found).toEqual([undefined, [], []]));
    answer.release();
    await left;
    expect(world.stage.value).toMatchObject({ at: "sign-in", why: "signed-out", error: undefined });
  });

  it("does not wait for a line that is dead, and says what is left to do", async () => {
    await keepSession(vault, alice);
    const world = createWorld();
    await at(world, "ready");
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new DOMException("", "TimeoutError")), ms);
      return controller.signal;
    });
    vi.stubGlobal("fetch", (_input: string, { signal }: RequestInit) =>
      new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error))));
    const left = world.signOut();
    const NOT_TOLD = { title: "You are signed out here, but the chat server could not be told" };
    await vi.waitFor(() => expect(world.stage.value).toMatchObject({ at: "leaving" }));
    await vi.waitFor(async () => expect(await loadSession(vault)).toBeUndefined());
    await vi.advanceTimersByTimeAsync(8_000);
    expect(world.stage.value).toMatchObject({ at: "sign-in", why: "signed-out", error: NOT_TOLD });
    await vi.advanceTimersByTimeAsync(30_000);
    await left;
    expect(world.stage.value).toMatchObject({ at: "broken", problem: NOT_TOLD });
    timeout.mockRestore();
  });

  it("is brought to its end by the next visit", async () => {
    await keepSession(vault, { ...alice, leaving: true });
    await vault.put("draft:@alice:x:!r", "typed");
    const world = createWorld();
    await at(world, "sign-in");
    expect(await loadSession(vault)).toBeUndefined();
    expect(await vault.list("draft:")).toEqual([]);
    expect(asked).toContain("POST logout");
    expect(account.opened).toBe(0);
  });

  it("gets a new token where the one there has run out", async () => {
    await keepSession(vault, alice);
    server["POST refresh"] = () => Response.json({ access_token: "fresh", refresh_token: "r2" });
    server["POST logout"] = (_body, token) =>
      token === "Bearer fresh" ? Response.json({}) : Response.json({ errcode: "M_UNKNOWN_TOKEN", soft_logout: true }, { status: 401 });
    const world = createWorld();
    await at(world, "ready");
    await world.signOut();
    expect(world.stage.value).toMatchObject({ at: "sign-in", why: "signed-out", error: undefined });
  });
});

describe("coming back from a single sign-on", () => {

  it.each([true, false])("the login token leaves the address before anything else (secure: %s)", (isSecure) => {
    vi.stubGlobal("isSecureContext", isSecure);
    history.replaceState(null, "", "/?sso=1&loginToken=secret");
    createWorld();
    expect(location.href).not.toContain("secret");
  });

  it("the token signs in if this tab asked for it", async () => {
    const tokens: unknown[] = [];
    server["POST login"] = ({ token }) => {
      tokens.push(token);
      return Response.json({ user_id: "@alice:x", device_id: "D", access_token: "a" });
    };
    history.replaceState(null, "", "/?sso=1&loginToken=theirs");
    await at(createWorld(), "sign-in");
    await at(backFromSso("mine"), "ready");
    expect(tokens).toEqual(["mine"]);
  });

  it("a token that is refused is no wrong password", async () => {
    server["POST login"] = () => Response.json({ errcode: "M_FORBIDDEN" }, { status: 403 });
    const world = backFromSso();
    await at(world, "sign-in");
    expect(world.stage.value).toMatchObject({ error: { title: "The answer of the single sign-on was not taken" } });
    await expect(world.signIn("alice", "wrong")).rejects.toMatchObject({ title: "The name or the password is wrong" });
  });
});
