/**
 * Before it lets keys be replaced, a homeserver wants to know who asks (the specification's “user-interactive
 * authentication”): the password, or a visit to a page of its own, where a single sign-on or an account service
 * says who it is.
 */
import type { AuthDict, MatrixClient } from "matrix-js-sdk/lib/matrix";
import { UnknownConfirmation } from "./faults";

/** What it takes. At least one of both is there. */
export interface Challenge {
  password: boolean;
  /** Where it can be confirmed instead. */
  page?: string;
  /** What was answered before was not enough. */
  again: boolean;
}

/** By password; without one it was confirmed on the page. Rejected: nobody wants to any more. */
export type Prove = (challenge: Challenge) => Promise<{ password?: string }>;

/** An answer of 401 that says what it takes; others lack the flows. */
interface Refusal {
  session?: string;
  completed?: string[];
  flows: { stages: string[] }[];
  params?: Record<string, { url?: unknown } | undefined>;
}

/** Stages that are a page of an account service; its address comes with the refusal. */
const ACCOUNT_PAGES = ["m.oauth", "org.matrix.cross_signing_reset"];

type Addresses = Pick<MatrixClient, "getSafeUserId" | "getFallbackAuthUrl">;

/** Uploads, as often as it takes to be believed. */
export async function confirmed<T>(
  client: Addresses,
  prove: Prove,
  upload: (auth: AuthDict | null) => Promise<T>,
): Promise<T> {
  for (let auth: AuthDict | null = null; ; ) {
    try {
      return await upload(auth);
    } catch (error) {
      const refusal = refusalIn(error);
      if (!refusal) throw error;
      const { session } = refusal;
      const { password } = await prove({ ...ways(client, refusal), again: auth !== null });
      const identifier = { type: "m.id.user", user: client.getSafeUserId() };
      auth = password === undefined ? { session } : { type: "m.login.password", identifier, password, session };
    }
  }
}

function refusalIn(error: unknown): Refusal | undefined {
  const { httpStatus, data } = (error ?? {}) as { httpStatus?: number; data?: Partial<Refusal> };
  return httpStatus === 401 && Array.isArray(data?.flows) ? (data as Refusal) : undefined;
}

/** One stage at a time: what would take two, nobody here can do. */
function ways(client: Addresses, { flows, completed = [], session = "", params }: Refusal): Omit<Challenge, "again"> {
  const last = flows.map(({ stages }) => stages.filter((stage) => !completed.includes(stage))).filter((left) => left.length < 2);
  const stages = last.flat();
  const account = ACCOUNT_PAGES.find((stage) => stages.includes(stage));
  const page = account ? address(params?.[account]?.url) : undefined;
  const sso = stages.includes("m.login.sso") ? client.getFallbackAuthUrl("m.login.sso", session) : undefined;
  const found = { password: stages.includes("m.login.password"), page: page ?? sso };
  if (!found.password && found.page === undefined) throw new UnknownConfirmation(flows.flatMap(({ stages }) => stages));
  return found;
}

/** It becomes a link: nothing but a web page. */
function address(url: unknown): string | undefined {
  if (typeof url !== "string" || !URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  return protocol === "https:" || protocol === "http:" ? href : undefined;
}
