import { afterEach, describe, expect, it, vi } from "vitest";
import type { Tokens } from "./homeserver";
import { TokenKeeper, storePrefix } from "./session";

describe("names of stores", () => {
  it("are one for each device, and say nothing about it", async () => {
    const of = (userId: string, deviceId: string) => storePrefix({ userId, deviceId, accessToken: "t" });
    const name = await of("@alice:firm.test", "DEV");
    expect(name).toMatch(/^verbatim-[0-9a-f]{24}$/);
    expect(await of("@alice:firm.test", "DEV")).toBe(name);
    expect(await of("@alice:firm.test", "OTHER")).not.toBe(name);
    expect(await of("@alice:firm.testD", "EV")).not.toBe(name);
  });
});

describe("tokens that run out", () => {
  afterEach(() => vi.unstubAllGlobals());

  function keeper(renew: (token: string) => Promise<Tokens | undefined>) {
    const log: string[] = [];
    const parts = {
      renew,
      keep: async ({ accessToken }: Tokens) => void log.push(`kept ${accessToken}`),
      use: (token: string) => void log.push(`used ${token}`),
    };
    const server = vi.fn(async (_input: unknown, init?: RequestInit) => {
      const token = new Headers(init?.headers).get("Authorization");
      if (token === "Bearer new") return new Response("{}");
      return new Response(JSON.stringify({ errcode: "M_UNKNOWN_TOKEN", soft_logout: true }), { status: 401 });
    });
    vi.stubGlobal("fetch", server);
    return { tokens: new TokenKeeper({ accessToken: "old", refreshToken: "r" }, parts), log, server };
  }
  const asked = { headers: { Authorization: "Bearer old" } };

  it("are renewed once for many requests, and kept before they are used", async () => {
    const renew = vi.fn(async () => ({ accessToken: "new", refreshToken: "r2" }));
    const { tokens, log } = keeper(renew);
    const answers = await Promise.all([1, 2, 3].map(() => tokens.fetch("http://hs/x", asked)));
    expect(answers.map((a) => a.status)).toEqual([200, 200, 200]);
    expect(renew).toHaveBeenCalledTimes(1);
    expect(log).toEqual(["kept new", "used new"]);
  });

  it("are not renewed again and again where new ones do not work either", async () => {
    const renew = vi.fn(async () => ({ accessToken: "newer", refreshToken: "r2" }));
    const { tokens } = keeper(renew);
    expect((await tokens.fetch("http://hs/x", asked)).status).toBe(401);
    expect((await tokens.fetch("http://hs/x", { headers: { Authorization: "Bearer newer" } })).status).toBe(401);
    expect(renew).toHaveBeenCalledTimes(1);
  });

  it("leave the refusal as it is where nothing new is given", async () => {
    const { tokens, server } = keeper(async () => undefined);
    expect((await tokens.fetch("http://hs/x", asked)).status).toBe(401);
    expect(server).toHaveBeenCalledTimes(1);
  });

  it("do not turn a line that is down into an expired login", async () => {
    const { tokens } = keeper(() => Promise.reject(new TypeError("Failed to fetch")));
    await expect(tokens.fetch("http://hs/x", asked)).rejects.toThrow(TypeError);
  });
});
