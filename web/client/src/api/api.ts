/**
 * Verbatim's own API for this client (docs/api/client.md): who I am, whom I text with, what the rules say,
 * new conversations. Delivery states never come from here, only from the room.
 *
 * A session is had for a token that only the homeserver hands out; it lives in memory, is renewed before it
 * runs out, and when it is refused. Answers are checked field by field: a server that is older or newer than
 * this page must not put nonsense on the screen.
 */
import type { Check, Consent } from "../model";
import { type Json, list, maybeNumber, maybeText, number, object, text } from "./read";

/** What the homeserver says, for us to show to our API. */
export interface OpenIdToken {
  access_token: string;
  token_type: string;
  matrix_server_name: string;
  expires_in: number;
}

/** The API refused, with words for a person. */
export class ApiRefused extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string | undefined,
  ) {
    super(`${status} ${title}`);
    this.name = "ApiRefused";
  }

  /** It is the person that is refused, and asking again does not help. */
  get isForGood(): boolean {
    return this.status === 403;
  }
}

/** There is no such API here, or it is away. */
export class ApiAway extends Error {
  override name = "ApiAway";
}

export interface MeAnswer {
  name: string;
  firm: string;
  numbers: { id: string; number: string }[];
  maxChars: number;
  region: string;
}

/** Where a conversation stands. */
export interface Place {
  id: string;
  /** Once it is made. */
  room?: string;
  consent: Consent;
  disclosedAt?: number;
}

export interface ConversationAnswer extends Place {
  maskedNumber: string;
  ourNumber: string;
}

/** What a text is meant for: a conversation, or a number that is being typed. */
export interface Meant {
  conversation?: string;
  to?: string;
  /** Mine, E.164: needed by who holds several. */
  from?: string;
}

/** A session is renewed so long before its end. */
const MARGIN_MS = 30_000;
const PATIENCE_MS = 20_000;
const PAGE = 500;

export interface ApiParts {
  openIdToken(): Promise<OpenIdToken>;
  /** Who is signed in is not served, whatever they ask for. */
  refused?(why: ApiRefused): void;
  fetch?: typeof fetch;
  now?: () => number;
  base?: string;
}

export class Api {
  private session: { token: string; until: number } | undefined;
  private beginning: Promise<string> | undefined;

  constructor(private readonly parts: ApiParts) {}

  async me(): Promise<MeAnswer> {
    const answer = object(await this.call("GET", "me"));
    return {
      name: text(answer.name),
      firm: text(answer.firm),
      numbers: list(answer.numbers).map((entry) => {
        const own = object(entry);
        return { id: text(own.id), number: text(own.number) };
      }),
      maxChars: number(answer.max_chars),
      region: text(answer.region),
    };
  }

  /** All of them. Each time, the record says that they were shown: not to be asked for without need. */
  async conversations(): Promise<ConversationAnswer[]> {
    const all: ConversationAnswer[] = [];
    for (let after: string | undefined = ""; after !== undefined; ) {
      const query: string = after === "" ? "" : `&after=${encodeURIComponent(after)}`;
      const page = object(await this.call("GET", `conversations?limit=${PAGE}${query}`));
      all.push(...list(page.items).map(conversation));
      after = maybeText(page.next);
    }
    return all;
  }

  async check(body: string, meant: Meant): Promise<Check> {
    const answer = object(await this.call("POST", "check", { text: body, ...meant }));
    return {
      encoding: text(answer.encoding) === "UCS-2" ? "UCS-2" : "GSM-7",
      segments: number(answer.segments),
      problems: list(answer.problems).map(text),
    };
  }

  /** Begins a conversation, or finds the one there is. The room may still have to be made. */
  async start(to: string, name: string | undefined, from: string | undefined): Promise<Place> {
    return place(await this.call("POST", "conversations", { number: to, name, from }));
  }

  /** Where a conversation stands. It names nobody, and is no look at a client. */
  async place(id: string): Promise<Place> {
    return place(await this.call("GET", `conversations/${encodeURIComponent(id)}`));
  }

  /** Forgets the session. */
  close(): void {
    this.session = undefined;
  }

  private async call(method: string, path: string, body?: unknown): Promise<Json> {
    const token = await this.token();
    const response = await this.request(method, path, body, token);
    if (response.status !== 401) return this.read(response);
    if (this.session?.token === token) this.session = undefined;
    return this.read(await this.request(method, path, body, await this.token()));
  }

  private async token(): Promise<string> {
    const { session } = this;
    if (session && this.now() < session.until - MARGIN_MS) return session.token;
    this.beginning ??= this.begin().finally(() => (this.beginning = undefined));
    return this.beginning;
  }

  private async begin(): Promise<string> {
    const proof = await this.parts.openIdToken();
    const answer = object(await this.read(await this.request("POST", "session", proof)));
    const token = text(answer.token);
    this.session = { token, until: this.now() + number(answer.expires_in) * 1000 };
    return token;
  }

  private async request(method: string, path: string, body?: unknown, token?: string): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (token) headers.Authorization = `Bearer ${token}`;
    const send = this.parts.fetch ?? fetch;
    try {
      return await send(`${this.parts.base ?? ""}/client/v1/${path}`, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE_MS),
        cache: "no-store",
        credentials: "omit",
      });
    } catch (error) {
      throw new ApiAway("no answer", { cause: error });
    }
  }

  private async read(response: Response): Promise<Json> {
    const isJson = /\bjson\b/.test(response.headers.get("Content-Type") ?? "");
    const body: Json = isJson ? await response.json().catch(() => undefined) : undefined;
    if (response.ok && isJson) return body;
    // A static server answers with a page of its own: then there is no API.
    if (response.ok || !isJson || response.status >= 500) throw new ApiAway(`answered ${response.status}`);
    const { title, detail } = object(body);
    const refusal = new ApiRefused(response.status, maybeText(title) ?? "It was refused", maybeText(detail));
    if (refusal.isForGood) this.parts.refused?.(refusal);
    throw refusal;
  }

  private now(): number {
    return (this.parts.now ?? Date.now)();
  }
}

function place(entry: Json): Place {
  const answer = object(entry);
  return {
    id: text(answer.conversation),
    room: maybeText(answer.room_id),
    consent: consentOf(answer.consent),
    disclosedAt: maybeNumber(answer.disclosed_at_ms),
  };
}

function conversation(entry: Json): ConversationAnswer {
  const answer = object(entry);
  return {
    ...place(entry),
    maskedNumber: text(answer.masked_number),
    ourNumber: text(answer.our_number),
  };
}

const CONSENTS: Consent[] = ["opted-in", "not-asked", "opted-out", "unknown-sender"];

/** A word that is not known must not look like consent. */
function consentOf(word: Json): Consent {
  return CONSENTS.find((known) => known === word) ?? "not-asked";
}
