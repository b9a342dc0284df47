/**
 * A firm's single sign-on by OpenID Connect: `oidc-provider`, which others wrote and have had certified. Only its
 * one page is ours, on which whoever comes goes on as somebody. It knows one application, the homeserver.
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { Provider as OpenIdProvider } from "oidc-provider";

/** By this Synapse calls it in addresses: `oidc-` and what its configuration says. */
export const PROVIDER_ID = "oidc-firm";

const APPLICATION = "homeserver";
const SCOPE = "openid profile";

export class Provider {
  /** On a port of its own, for the homeserver at `homeserver`. */
  static async start(homeserver) {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Provider(homeserver, server);
  }

  constructor(homeserver, server) {
    /** Whom it offers to be, to whoever comes. */
    this.person = "nobody";
    this.server = server;
    this.secret = randomBytes(24).toString("hex");
    const callback = new URL("/_synapse/client/oidc/callback", homeserver).href;
    this.openId = new OpenIdProvider(this.address, configuration(this.secret, callback));
    server.on("request", (request, response) => void this.answer(request, response));
  }

  get address() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  /** What a homeserver has to be told to trust it, and to send people back to `client` without asking them. */
  synapseConfig(name, client) {
    const firm = {
      idp_id: PROVIDER_ID.replace("oidc-", ""),
      idp_name: name,
      issuer: this.address,
      // An issuer is refused where it has no TLS, as here on loopback.
      skip_verification: true,
      client_id: APPLICATION,
      client_secret: this.secret,
      scopes: SCOPE.split(" "),
      pkce_method: "always",
      // Accounts that were there before the single sign-on.
      allow_existing_users: true,
      user_mapping_provider: {
        config: { localpart_template: "{{ user.preferred_username }}", display_name_template: "{{ user.name }}" },
      },
    };
    return { oidc_providers: [firm], sso: { client_whitelist: [client] } };
  }

  async stop() {
    this.server.close();
    this.server.closeAllConnections();
  }

  async answer(request, response) {
    if (!new URL(request.url, this.address).pathname.startsWith("/sign-on/")) return this.openId.callback()(request, response);
    if (request.method !== "POST") return say(response, page(this.person));
    await this.openId.interactionFinished(request, response, { login: { accountId: subject(this.person) } });
  }
}

function configuration(secret, callback) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    clients: [{ client_id: APPLICATION, client_secret: secret, redirect_uris: [callback] }],
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] },
    cookies: { keys: [randomBytes(24).toString("hex")] },
    claims: { openid: ["sub"], profile: ["name", "preferred_username"] },
    // The homeserver reads them from the signed token, and asks for nothing more.
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/sign-on/${uid}` },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => claims(sub) }),
    // It is the firm's own application: nobody is asked for consent.
    loadExistingGrant: granted,
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 3600, IdToken: 60, Interaction: 3600, Session: 3600 },
  };
}

/** Firms' directories call people by something else than their names. */
const subject = (person) => `employee-of-the-firm:${person}`;

function claims(sub) {
  const person = sub.split(":")[1];
  return { sub, preferred_username: person, name: person };
}

async function granted({ oidc }) {
  const { client, session, provider } = oidc;
  const known = session.grantIdFor(client.clientId);
  if (known) return provider.Grant.find(known);
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(SCOPE);
  await grant.save();
  return grant;
}

// Without an action the form goes to this very address.
const page = (person) => `<!doctype html><html lang="en"><title>Single sign-on</title><link rel="icon" href="data:,">
<h1>Single sign-on</h1><form method="post"><button>Go on as ${person}</button></form></html>`;

function say(response, body) {
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }).end(body);
}
