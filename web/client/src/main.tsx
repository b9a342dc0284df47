/** Where the page begins: the real world, and the screens that show it. */
import { render } from "preact";
import { createWorld } from "./app/world";
import { App } from "./ui/app";

const place = document.getElementById("app");
if (!place) throw new Error("index.html has no place for the app");
render(<App world={createWorld()} />, place);
