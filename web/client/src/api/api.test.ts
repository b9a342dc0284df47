import { describe, expect, it } from "vitest";
import { Api, ApiAway, ApiRefused } from "./api";
import { Malformed } from "./read";

type Handler = (path: string, init: RequestInit) => Response | Promise<Response>;
const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

function api(handler: Handler, refused?: (why: ApiRefused) => void) {
  const clock = { now: 0 };
  const calls: string[] = [];
  let sessions = 0;
  const made = new Api({
    refused,
    openIdToken: async () => ({ access_token: "o", token_type: "Bearer", matrix_server_name: "x", expires_in: 3600 }),
    now: () => clock.now,
    fetch: async (input, init = {}) => {
      const path = String(input).replace("/client/v1/", "");
      calls.push(`${init.method} ${path} ${new Headers(init.headers).get("Authorization") ?? "-"}`);
      if (path === "session") return json({ token: `s${(sessions += 1)}`, expires_in: 900 });
      return handler(path, init);
    },
  });
  return { api: made, calls, clock };
}
const me = { user_id: "@a:x", name: "Alice", firm: "Acme", numbers: [{ id: "n", number: "+1" }], max_chars: 1600, region: "US" };

describe("the API", () => {
  it("opens one session for many calls, and another before it runs out", async () => {
    const { api: it_, calls, clock } = api(() => json(me));
    await Promise.all([it_.me(), it_.me()]);
    expect(await it_.me()).toEqual({ name: "Alice", firm: "Acme", numbers: [{ id: "n", number: "+1" }], maxChars: 1600, region: "US" });
    clock.now = 880_000;
    await it_.me();
    expect(calls.filter((call) => call.startsWith("POST session"))).toHaveLength(2);
    expect(calls.at(-1)).toBe("GET me Bearer s2");
  });

  it("opens another session when one is refused, once", async () => {
    const { api: it_, calls } = api((_path, init) =>
      new Headers(init.headers).get("Authorization") === "Bearer s1" ? json({ title: "Unauthorized" }, 401) : json(me),
    );
    await it_.me();
    expect(calls).toEqual(["POST session -", "GET me Bearer s1", "POST session -", "GET me Bearer s2"]);
    const { api: refused, calls: asked } = api(() => json({ title: "Gone", detail: "You have left." }, 401));
    await expect(refused.me()).rejects.toThrow(ApiRefused);
    expect(asked).toHaveLength(4);
  });

  it("says in the server's words why something was refused", async () => {
    const { api: it_ } = api(() => json({ title: "Invalid", detail: "This is no number." }, 400));
    await expect(it_.start("1", undefined, undefined)).rejects.toMatchObject({ status: 400, detail: "This is no number." });
  });

  it("tells of who is not served at all, and of nothing else", async () => {
    const told: (string | undefined)[] = [];
    const refusing = (status: number) => {
      const { api: it_ } = api(() => json({ title: "Forbidden", detail: `${status}` }, status), ({ detail }) => told.push(detail));
      return it_.me().catch(() => {});
    };
    for (const status of [403, 422, 503, 401]) await refusing(status);
    expect(told).toEqual(["403"]);
  });

  it("names my number by itself where a text would go out from it", async () => {
    const bodies: unknown[] = [];
    const { api: it_ } = api((path, init) => {
      bodies.push(JSON.parse(String(init.body)));
      return json(path === "check" ? { encoding: "GSM-7", segments: 0, problems: [] } : { conversation: "c", room_id: null });
    });
    await it_.check("", { to: "+14155552671", from: "+14155550100" });
    await it_.start("+14155552671", undefined, "+14155550100");
    expect(bodies).toEqual([
      { text: "", to: "+14155552671", from: "+14155550100" },
      { number: "+14155552671", from: "+14155550100" },
    ]);
  });

  it.each([
    ["a page where there is no API", () => new Response("<p>Not here</p>", { status: 404 })],
    ["a page for every path", () => new Response("<p>Hello</p>", { headers: { "Content-Type": "text/html" } })],
    ["a server in trouble", () => json({ title: "Later" }, 503)],
    ["no line", () => Promise.reject(new TypeError("Failed to fetch"))],
  ] as [string, Handler][])("is away: %s", async (_name, handler) => {
    await expect(api(handler).api.me()).rejects.toThrow(ApiAway);
  });

  it("does not take what is of another form", async () => {
    await expect(api(() => json({ ...me, numbers: [{ id: 1 }] })).api.me()).rejects.toThrow(Malformed);
  });

  it("reads all pages, and no unknown word as consent", async () => {
    const item = (id: string, consent: string) =>
      ({ conversation: id, room_id: null, name: null, masked_number: "+1••1", our_number: "+2", consent, disclosed_at_ms: null });
    const { api: it_ } = api((path) =>
      json(path.includes("after=p2") ? { items: [item("b", "maybe")], next: null } : { items: [item("a", "opted-in")], next: "p2" }),
    );
    const all = await it_.conversations();
    expect(all.map(({ id, consent, room }) => [id, consent, room])).toEqual([
      ["a", "opted-in", undefined],
      ["b", "not-asked", undefined],
    ]);
  });
});
