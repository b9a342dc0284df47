/** `?state=sms&theme=dark` shows a state; without, a list of all. Never part of what is shipped. */
import { render } from "preact";
import { App } from "../src/ui/app";
import { NOW } from "./data";
import { STATES } from "./states";
import { type FakeWorld, fakeWorld } from "./world";

declare global {
  interface Window {
    world?: FakeWorld;
  }
}

const asked = new URLSearchParams(location.search);
const state = STATES[asked.get("state") ?? ""];
const root = document.getElementById("app");
const theme = asked.get("theme");
if (theme) localStorage.setItem("verbatim-ui:theme", JSON.stringify(theme));

if (root && state) {
  const world = fakeWorld(state);
  window.world = world;
  render(<App world={world} now={NOW} />, root);
  if (state.open) row(state.open)?.click();
} else if (root) {
  render(<Index />, root);
}

function row(name: string): HTMLElement | undefined {
  return [...document.querySelectorAll<HTMLElement>(".row")].find((found) => found.textContent?.includes(name));
}

function Index() {
  return (
    <ul>
      {Object.keys(STATES).map((name) => (
        <li key={name}>
          <a href={`?state=${name}`}>{name}</a> <a href={`?state=${name}&theme=dark`}>dark</a>
        </li>
      ))}
    </ul>
  );
}
