/**
 * A firm's single sign-on, as small as one can be: a CAS server (protocol 2), which Synapse speaks without
 * further packages. What the employee's client sees of it does not differ from OpenID Connect or SAML.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

export class Provider {
  /** On a port of its own; whoever comes is offered to be `person`. */
  static async start(person) {
    const provider = new Provider(person);
    provider.server.listen(0, "127.0.0.1");
    await once(provider.server, "listening");
    return provider;
  }

  constructor(person) {
    this.person = person;
    /** Tickets that nobody has shown yet: whom and which service they are for. */
    this.tickets = new Map();
    this.server = createServer((request, response) => this.answer(request, response));
  }

  get address() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  /** What a homeserver has to be told to trust it, and to send people back to `client` without asking them. */
  synapseConfig(name, client) {
    return {
      cas_config: { enabled: true, server_url: this.address, protocol_version: 2, idp_name: name },
      sso: { client_whitelist: [client] },
    };
  }

  async stop() {
    this.server.close();
    this.server.closeAllConnections();
  }

  answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, this.address);
    const service = searchParams.get("service");
    if (pathname === "/login" && service) {
      if (request.method === "POST") return response.writeHead(303, { location: this.admit(service) }).end();
      return say(response, "text/html; charset=utf-8", this.page());
    }
    if (pathname === "/proxyValidate") return say(response, "application/xml", this.validate(searchParams.get("ticket"), service));
    response.writeHead(404).end();
  }

  /** The way back to the service, with a ticket. */
  admit(service, person = this.person) {
    const ticket = `ST-${randomBytes(18).toString("hex")}`;
    this.tickets.set(ticket, { person, service });
    const back = new URL(service);
    back.searchParams.set("ticket", ticket);
    return back.href;
  }

  /** A ticket is good once, and only for the service that it was made for. */
  validate(ticket, service) {
    const found = this.tickets.get(ticket);
    this.tickets.delete(ticket);
    const said =
      found?.service === service
        ? `<cas:authenticationSuccess><cas:user>${found.person}</cas:user></cas:authenticationSuccess>`
        : `<cas:authenticationFailure code="INVALID_TICKET"/>`;
    return `<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">${said}</cas:serviceResponse>`;
  }

  page() {
    // Without an action the form goes to this very address, with the service in it.
    return `<!doctype html><html lang="en"><title>Single sign-on</title><link rel="icon" href="data:,">
<h1>Single sign-on</h1><form method="post"><button>Go on as ${this.person}</button></form></html>`;
  }
}

function say(response, type, body) {
  response.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(body);
}
