/** The homeserver as it is, without any client: what it has of rooms, devices and logins. */
import { until } from "./wait.mjs";

export class Homeserver {
  constructor(base) {
    this.base = base;
  }

  /** A login of its own, without keys; gone again afterwards. */
  async as(employee, act) {
    const access_token = await this.logIn(employee);
    try {
      return await act((method, path, body) => this.call(method, path, body, access_token));
    } finally {
      // `logout/all` has ended it already.
      await this.call("POST", "logout", {}, access_token).catch(() => {});
    }
  }

  /** The newest events of all rooms that the employee is in, as the homeserver keeps them. */
  async events(employee) {
    return this.as(employee, async (call) => {
      const { joined_rooms } = await call("GET", "joined_rooms");
      const all = joined_rooms.map((room) => call("GET", `rooms/${encodeURIComponent(room)}/messages?dir=b&limit=100`));
      return (await Promise.all(all)).flatMap(({ chunk }) => chunk);
    });
  }

  /** How many browsers the employee is signed in with by our client. */
  async browsers(employee) {
    const { devices } = await this.as(employee, (call) => call("GET", "devices"));
    return devices.filter(({ display_name }) => display_name === "Verbatim in a browser").length;
  }

  /** The devices of somebody as `employee` sees them, and whether each is signed with the keys of its account. */
  async signedDevices(employee, userId) {
    const asked = { device_keys: { [userId]: [] } };
    const { device_keys, self_signing_keys } = await this.as(employee, (call) => call("POST", "keys/query", asked));
    const [key] = Object.keys(self_signing_keys?.[userId]?.keys ?? {});
    return Object.values(device_keys[userId] ?? {}).map(({ signatures }) => key !== undefined && key in signatures[userId]);
  }

  /** Resolves once a login made now has run out; or, of one that could be renewed, its access token. */
  async untilRunOut(employee, { isRenewable = false } = {}) {
    const token = await this.logIn(employee, isRenewable);
    await until("a login has run out", () =>
      this.call("GET", "account/whoami", undefined, token).then(
        () => false,
        (error) => error.message.endsWith("M_UNKNOWN_TOKEN"),
      ),
    );
  }

  /** Every device of the employee is signed out. */
  async endAll(employee) {
    await this.as(employee, (call) => call("POST", "logout/all", {}));
  }

  async logIn({ name, password }, refresh_token = false) {
    const identifier = { type: "m.id.user", user: name };
    const asked = { type: "m.login.password", identifier, password, refresh_token };
    return (await this.call("POST", "login", asked)).access_token;
  }

  async call(method, path, body, token) {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${this.base}/_matrix/client/v3/${path}`, { method, headers, body: body && JSON.stringify(body) });
    const said = await answer.json();
    if (!answer.ok) throw new Error(`homeserver: ${path.split("?")[0]}: ${answer.status} ${said.errcode}`);
    return said;
  }
}
