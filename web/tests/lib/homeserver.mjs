/** The homeserver as it is, without any client: what it has of a room, and the end of all of somebody's logins. */

export class Homeserver {
  constructor(base) {
    this.base = base;
  }

  /** A login of its own, without keys; gone again afterwards. */
  async as({ name, password }, act) {
    const identifier = { type: "m.id.user", user: name };
    const { access_token } = await this.call("POST", "login", { type: "m.login.password", identifier, password });
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

  /** Every device of the employee is signed out. */
  async endAll(employee) {
    await this.as(employee, (call) => call("POST", "logout/all", {}));
  }

  async call(method, path, body, token) {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${this.base}/_matrix/client/v3/${path}`, { method, headers, body: body && JSON.stringify(body) });
    const said = await answer.json();
    if (!answer.ok) throw new Error(`homeserver: ${path.split("?")[0]}: ${answer.status} ${said.errcode}`);
    return said;
  }
}
