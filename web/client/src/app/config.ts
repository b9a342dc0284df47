/** What the page has to know before anybody has signed in: from the server that it came from. */
import { object, text } from "../api/read";

export interface Config {
  homeserver: string;
  serverName: string;
  firm: string;
  /** The account whose word makes a room one for SMS. */
  bot: string;
}

const PATIENCE_MS = 15_000;

export async function loadConfig(): Promise<Config> {
  const response = await fetch("/config.json", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(`config.json: ${response.status}`);
  const said = object(await response.json());
  return {
    homeserver: text(said.homeserver),
    serverName: text(said.server_name),
    firm: text(said.firm),
    bot: text(said.bot),
  };
}
