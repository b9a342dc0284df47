import type { AuthDict } from "matrix-js-sdk/lib/matrix";
import { describe, expect, it } from "vitest";
import { type Challenge, confirmed } from "./confirm";

const client = {
  getSafeUserId: () => "@a:x",
  getFallbackAuthUrl: (stage: string, session: string) => `http://hs/${stage}?session=${session}`,
};

const password = { flows: [{ stages: ["m.login.password"] }], session: "s" };
const sso = { flows: [{ stages: ["m.login.sso"] }], session: "s" };
const refusal = (data: unknown) => Object.assign(new Error("401"), { httpStatus: 401, data });

/** A homeserver that refuses so and so before it takes the upload; what it was told, and what it made be asked. */
async function upload(refusals: unknown[], answers: { password?: string }[]) {
  const told: (AuthDict | null)[] = [];
  const asked: Challenge[] = [];
  const prove = async (challenge: Challenge) => {
    asked.push(challenge);
    const answer = answers.shift();
    if (!answer) throw new Error("given up");
    return answer;
  };
  const end = await confirmed(client, prove, async (auth) => {
    told.push(auth);
    const next = refusals.shift();
    if (next) throw next;
    return "taken";
  }).catch((error: unknown) => error);
  return { end, told, asked };
}

describe("confirming", () => {
  it("nobody is asked where the homeserver does not want to know", async () => {
    expect(await upload([], [])).toEqual({ end: "taken", told: [null], asked: [] });
  });

  it("a wrong password is asked for again", async () => {
    const { end, told, asked } = await upload([refusal(password), refusal(password)], [{ password: "wrong" }, { password: "right" }]);
    expect(end).toBe("taken");
    expect(asked).toEqual([
      { password: true, page: undefined, again: false },
      { password: true, page: undefined, again: true },
    ]);
    expect(told[2]).toEqual({
      type: "m.login.password",
      identifier: { type: "m.id.user", user: "@a:x" },
      password: "right",
      session: "s",
    });
  });

  it("who has no password confirms on the homeserver's page", async () => {
    const { told, asked } = await upload([refusal(sso), refusal(sso)], [{}, {}]);
    expect(asked.map(({ page, again }) => [page, again])).toEqual([
      ["http://hs/m.login.sso?session=s", false],
      ["http://hs/m.login.sso?session=s", true],
    ]);
    expect(told).toEqual([null, { session: "s" }, { session: "s" }]);
  });

  it.each<[string, unknown, unknown]>([
    ["an account service", { flows: [{ stages: ["m.oauth"] }], params: { "m.oauth": { url: "https://a.example/reset" } } }, { page: "https://a.example/reset" }],
    ["either way", { flows: [...password.flows, ...sso.flows], session: "s" }, { password: true, page: "http://hs/m.login.sso?session=s" }],
    ["what is done is not asked for", { flows: [{ stages: ["m.login.terms", "m.login.password"] }], completed: ["m.login.terms"] }, { password: true }],
  ])("%s", async (_name, data, expected) => {
    const { asked } = await upload([refusal(data)], [{}]);
    expect(asked[0]).toMatchObject(expected as object);
  });

  it.each<[string, unknown]>([
    ["a stage that is not known", { flows: [{ stages: ["m.login.msisdn"] }] }],
    ["two stages", { flows: [{ stages: ["m.login.terms", "m.login.password"] }] }],
    ["a page that is none", { flows: [{ stages: ["m.oauth"] }], params: { "m.oauth": { url: "javascript:alert(1)" } } }],
  ])("nobody is asked for what nobody can do: %s", async (_name, data) => {
    expect(await upload([refusal(data)], [{}])).toMatchObject({ end: { name: "UnknownConfirmation" }, asked: [] });
  });

  it("other errors are not asked about", async () => {
    const away = new TypeError("away");
    expect(await upload([away], [])).toMatchObject({ end: away, asked: [] });
    const ended = refusal({ errcode: "M_UNKNOWN_TOKEN" });
    expect(await upload([ended], [])).toMatchObject({ end: ended, asked: [] });
  });

  it("who gives up is not asked again", async () => {
    expect(await upload([refusal(password)], [])).toMatchObject({ end: { message: "given up" }, told: [null] });
  });
});
