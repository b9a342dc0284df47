/** What is asked of the homeserver before anybody is signed in, and after. No SDK: the sign-in page loads without it. */
import type { SignInWays } from "../model";

/** The homeserver refused. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    /** Signing in again with the same device goes on where it was. */
    readonly soft: boolean,
    /** How long to wait, where it said so. */
    readonly retryAfterMs?: number,
  ) {
    super(`${status} ${code}`);
    this.name = "Refused";
  }
}

/** What a homeserver hands out at sign-in. */
export interface Credentials {
  userId: string;
  deviceId: string;
  accessToken: string;
  refreshToken?: string;
}

export interface Tokens {
  accessToken: string;
  refreshToken?: string;
}

/** What proves who one is. */
export type Proof = { password: string; user: string } | { token: string };

const DEVICE_NAME = "Verbatim in a browser";
const PATIENCE_MS = 30_000;
const LOGOUT_PATIENCE_MS = 5_000;

interface How {
  token?: string;
  /** Ends the request. */
  patience?: AbortSignal;
}

export async function signInWays(homeserver: string): Promise<SignInWays> {
  interface Flow {
    type: string;
    identity_providers?: { id: string; name?: string }[];
  }
  const { flows } = await call<{ flows: Flow[] }>(homeserver, "GET", "v3/login");
  const sso = flows.find((flow) => flow.type === "m.login.sso");
  const providers = sso?.identity_providers?.map(({ id, name }) => ({ id, name: name ?? "single sign-on" }));
  return {
    password: flows.some((flow) => flow.type === "m.login.password"),
    // One provider that is not named is asked for by an empty id.
    sso: sso ? (providers?.length ? providers : [{ id: "", name: "single sign-on" }]) : [],
  };
}

export async function signIn(homeserver: string, proof: Proof, deviceId: string | undefined): Promise<Credentials> {
  const how =
    "token" in proof
      ? { type: "m.login.token", token: proof.token }
      : { type: "m.login.password", identifier: { type: "m.id.user", user: proof.user }, password: proof.password };
  const body = { ...how, device_id: deviceId, initial_device_display_name: DEVICE_NAME, refresh_token: true };
  const answer = await call<{ user_id: string; device_id: string; access_token: string; refresh_token?: string }>(
    homeserver,
    "POST",
    "v3/login",
    body,
  );
  return {
    userId: answer.user_id,
    deviceId: answer.device_id,
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
  };
}

/**
 * Whether the homeserver has the device with its key. One that was deleted, as when a password is changed, comes
 * back at sign-in by its name only: it would not hand its keys out again, and nobody could write to it.
 */
export async function hasDevice(homeserver: string, { userId, deviceId, accessToken }: Credentials, deviceKey: string): Promise<boolean> {
  interface Answer {
    device_keys?: Record<string, Record<string, { keys?: Record<string, string> }>>;
  }
  const wish = { device_keys: { [userId]: [deviceId] } };
  const { device_keys } = await call<Answer>(homeserver, "POST", "v3/keys/query", wish, { token: accessToken });
  return device_keys?.[userId]?.[deviceId]?.keys?.[`ed25519:${deviceId}`] === deviceKey;
}

/** Where the browser goes to sign in by `provider`; it comes back to `back` with a login token. */
export function ssoAddress(homeserver: string, provider: string, back: string): string {
  const path = provider === "" ? "v3/login/sso/redirect" : `v3/login/sso/redirect/${encodeURIComponent(provider)}`;
  const address = new URL(`${trimmed(homeserver)}/_matrix/client/${path}`);
  address.searchParams.set("redirectUrl", back);
  return address.href;
}

async function renew(homeserver: string, refreshToken: string, patience?: AbortSignal): Promise<Tokens> {
  interface Answer {
    access_token: string;
    refresh_token?: string;
  }
  const answer = await call<Answer>(homeserver, "POST", "v3/refresh", { refresh_token: refreshToken }, { patience });
  return { accessToken: answer.access_token, refreshToken: answer.refresh_token ?? refreshToken };
}

/**
 * Ends the session and deletes its device; with a new token where the one there is has run out. All of it takes
 * seconds at most: who leaves must not have to wait for a line that is dead.
 */
export async function signOut(homeserver: string, { accessToken, refreshToken }: Tokens): Promise<void> {
  const patience = AbortSignal.timeout(LOGOUT_PATIENCE_MS);
  const logOut = (token: string) => call(homeserver, "POST", "v3/logout", {}, { token, patience });
  try {
    await logOut(accessToken);
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "M_UNKNOWN_TOKEN") throw error;
    const fresh = refreshToken === undefined ? undefined : await renewed(homeserver, refreshToken, patience);
    // Without a token that it knows there is no session left to end.
    if (fresh) await logOut(fresh.accessToken);
  }
}

/** New tokens; none where the homeserver does not give any. */
export async function renewed(homeserver: string, refreshToken: string, patience?: AbortSignal): Promise<Tokens | undefined> {
  try {
    return await renew(homeserver, refreshToken, patience);
  } catch (error) {
    // A refusal ends the session; trouble on the line does not.
    if (error instanceof Refused && error.status < 500 && error.status !== 429) return undefined;
    throw error instanceof Refused ? new TypeError("the homeserver is away") : error;
  }
}

async function call<T>(homeserver: string, method: string, path: string, body?: unknown, how: How = {}): Promise<T> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (how.token) headers.Authorization = `Bearer ${how.token}`;
  const response = await fetch(`${trimmed(homeserver)}/_matrix/client/${path}`, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: how.patience ?? AbortSignal.timeout(PATIENCE_MS),
  });
  if (response.ok) return (await response.json()) as T;
  throw await refusal(response);
}

/** Reads an error answer, whatever it is. */
export async function refusal(response: Response): Promise<Refused> {
  const said = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const wait = typeof said.retry_after_ms === "number" ? said.retry_after_ms : undefined;
  return new Refused(response.status, String(said.errcode ?? "M_UNKNOWN"), said.soft_logout === true, wait);
}

function trimmed(homeserver: string): string {
  return homeserver.replace(/\/+$/, "");
}
