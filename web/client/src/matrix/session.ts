/** Who is signed in here, as it is kept between visits; and the names of what this browser keeps for them. */
import type { Credentials, Tokens } from "./homeserver";
import type { Vault } from "./vault";

export interface Session extends Credentials {
  homeserver: string;
  /** Being signed out: what is still here of it has to go. */
  leaving?: boolean;
  /** The login has run out; the device and its keys are still good. */
  expired?: boolean;
  /** The public key that the device began with: where its store holds another, or none, its keys were lost. */
  deviceKey?: string;
  /** The keys of the account are set up, and this device is signed with them. */
  isSigned?: boolean;
}

const SESSION = "session";

export async function loadSession(vault: Vault): Promise<Session | undefined> {
  return vault.get<Session>(SESSION);
}

export async function keepSession(vault: Vault, session: Session): Promise<void> {
  await vault.put(SESSION, session);
}

/** Keeps what is new of a session, unless it has been ended or another has taken its place. */
export async function updateSession(vault: Vault, session: Session): Promise<void> {
  const kept = await loadSession(vault);
  if (kept?.userId === session.userId && kept.deviceId === session.deviceId) await keepSession(vault, session);
}

export async function forgetSession(vault: Vault): Promise<void> {
  await vault.delete(SESSION);
}

/** The short name of an account. */
export function nameOf(userId: string): string {
  return userId.slice(1).split(":")[0] || userId;
}

/** What the stores of a device are called: one crypto store can only ever belong to one device. */
export async function storePrefix({ userId, deviceId }: Credentials): Promise<string> {
  const name = new TextEncoder().encode(`${userId}\n${deviceId}`);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", name));
  return `verbatim-${Array.from(hash.slice(0, 12), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * The tokens in use. New ones are kept before they are used: if the tab dies in between, the old refresh
 * token still works, since the homeserver gives it up only when the new one is used.
 */
export class TokenKeeper {
  private renewing: Promise<Tokens | undefined> | undefined;
  /** A new token that never worked is no reason to ask for yet another. */
  private isUntried = false;

  constructor(
    private tokens: Tokens,
    private readonly parts: {
      /** Undefined where the homeserver does not give new ones any more. */
      renew(refreshToken: string): Promise<Tokens | undefined>;
      keep(tokens: Tokens): Promise<void>;
      use(accessToken: string): void;
    },
  ) {}

  get accessToken(): string {
    return this.tokens.accessToken;
  }

  /** A token that works where `refused` did not, if there is one. */
  async instead(refused: string): Promise<string | undefined> {
    if (this.tokens.accessToken !== refused) return this.tokens.accessToken;
    if (!this.tokens.refreshToken || (this.isUntried && !this.renewing)) return undefined;
    this.renewing ??= this.renew(this.tokens.refreshToken).finally(() => (this.renewing = undefined));
    return (await this.renewing)?.accessToken;
  }

  private async renew(refreshToken: string): Promise<Tokens | undefined> {
    const fresh = await this.parts.renew(refreshToken);
    if (!fresh) return undefined;
    await this.parts.keep(fresh);
    this.tokens = fresh;
    this.isUntried = true;
    this.parts.use(fresh.accessToken);
    return fresh;
  }

  /** A `fetch` that gets a new token when one has run out, and asks again with it. */
  readonly fetch: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    const used = new Headers(init?.headers).get("Authorization")?.replace(/^Bearer /, "");
    if (response.ok && used === this.tokens.accessToken) this.isUntried = false;
    if (response.status !== 401) return response;
    const said = (await response.clone().json().catch(() => ({}))) as { errcode?: string };
    if (!used || said.errcode !== "M_UNKNOWN_TOKEN") return response;
    const token = await this.instead(used);
    if (!token) return response;
    const headers = new Headers(init?.headers);
    headers.set("Authorization", `Bearer ${token}`);
    return fetch(input, { ...init, headers });
  };
}
