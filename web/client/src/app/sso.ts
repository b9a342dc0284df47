/** The way out to a single sign-on and back. What comes back counts only if this tab has asked for it. */
const ASKED = "verbatim-sso";

/** Where to come back to; remembers that we asked. */
export function wayBack(): string {
  const asked = crypto.randomUUID();
  sessionStorage.setItem(ASKED, asked);
  const back = new URL(location.pathname, location.origin);
  back.searchParams.set("sso", asked);
  return back.href;
}

/** The login token that the address brings, if this tab asked for it. It leaves the address at once. */
export function broughtToken(): string | undefined {
  const { searchParams } = new URL(location.href);
  const [token, answer] = [searchParams.get("loginToken"), searchParams.get("sso")];
  if (token === null && answer === null) return undefined;
  history.replaceState(null, "", location.pathname);
  const asked = sessionStorage.getItem(ASKED);
  sessionStorage.removeItem(ASKED);
  // Somebody else's token in a link would sign us in as them.
  return token !== null && asked !== null && asked === answer ? token : undefined;
}
