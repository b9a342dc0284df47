/**
 * Opens every state of the test world in light and dark, wide and narrow; asks axe about each, fails on console
 * errors, on sideways scrolling and where a page of lists scrolls itself, and saves a picture.
 *
 *     node test-world/shots.mjs FOLDER [STATE…]
 */
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build } from "vite";
import { serve } from "./server.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SIZES = [
  [1280, 800],
  [768, 1024],
  [320, 640],
  // 1280 by 800 at 200 % zoom.
  [640, 400],
];

/** What is done by hand before a picture, as a person would. */
const ACTS = {
  new: async (page) => page.keyboard.press("Alt+KeyN"),
  "new-known": async (page) => {
    await page.keyboard.press("Alt+KeyN");
    await page.locator("#new-number").fill("(415) 555-0142");
    await page.getByText("You may text this number").waitFor();
  },
  "new-wrong": async (page) => {
    await page.keyboard.press("Alt+KeyN");
    await page.locator("#new-number").fill("555 01");
    await page.getByText("country code is missing").waitFor();
  },
  "sign-out": async (page) => {
    await page.getByLabel("Menu").click();
    await page.getByText("Sign out…").click();
    await stays(page, "Sign out of this browser?");
  },
  "sign-out-unsaved": async (page) => {
    await page.getByLabel("Menu").click();
    await page.getByText("Sign out…").click();
    await page.getByText("Sign out and delete").click();
    await page.getByText("Sign out all the same").waitFor();
  },
  keyboard: async (page) => {
    await page.getByLabel("Menu").click();
    await page.getByRole("button", { name: "Keyboard" }).click();
    await stays(page, "Keyboard");
  },
  menu: async (page) => page.getByLabel("Menu").click(),
  search: async (page) => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("maria 0133");
    await page.keyboard.press("ArrowDown");
  },
  "search-nothing": async (page) => {
    await page.keyboard.press("/");
    await page.keyboard.type("nobody of that name");
  },
  "needs-action": async (page) => page.getByRole("button", { name: /^Needs action/ }).click(),
  "keep-recovery-key": async (page) => page.getByLabel("I have kept").check(),
  "sms-draft": async (page) => page.getByText("that your firm reviews").waitFor(),
  "sms-long-talk": scrolledUp,
  "by-keyboard": byKeyboard,
};

/** A dialog in the place of another, whose end must not take it along. */
async function stays(page, title) {
  await page.getByRole("heading", { name: title }).waitFor();
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  if (!(await page.getByRole("heading", { name: title }).isVisible())) throw new Error(`“${title}” closed by itself`);
}

/** From the search to an answer and back to the list, without a pointer. */
async function byKeyboard(page) {
  const focused = (selector) => page.waitForFunction((s) => document.activeElement?.matches(s), selector);
  await page.keyboard.press("Control+k");
  await focused("#search");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  await focused('[data-room="compliance"]');
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await focused("#search");
  await page.keyboard.type("robert");
  await page.keyboard.press("Enter");
  await focused("#composer");
  await page.keyboard.type("By hand");
  await page.keyboard.press("Enter");
  await page.locator(".said", { hasText: "By hand" }).waitFor();
  await page.keyboard.press("Escape");
  await focused('[data-room="robert"]');
  await page.keyboard.press("Control+k");
  await focused("#search");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Alt+ArrowDown");
  await page.locator('.row[aria-current]:not([data-room="robert"])').waitFor({ state: "attached" });
}

/** Older texts came in above, new ones below; neither may move what is being read. */
async function scrolledUp(page) {
  const box = page.locator(".timeline");
  const top = (text) => page.getByText(text).evaluate((e) => e.getBoundingClientRect().top);
  await page.getByText("(399)").waitFor();
  const end = await box.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);
  if (end > 1) throw new Error(`opened ${end} px above the newest text`);
  await box.evaluate((e) => (e.scrollTop = 300));
  await page.waitForFunction(() => document.querySelectorAll(".said").length === 40);
  const before = await top("(363)");
  await box.evaluate((e) => (e.scrollTop = 200));
  await page.getByText("(320)").waitFor({ state: "attached" });
  await page.waitForFunction(() => document.querySelectorAll(".said").length === 80);
  const moved = Math.abs((await top("(363)")) - before - 100);
  if (moved > 1) throw new Error(`older texts moved the page by ${moved} px`);
  await page.evaluate(() =>
    window.world.arrive("jane", { key: "$new", who: "client", name: "Jane Whitfield", at: 1773153150000, body: { is: "text", text: "One more thing!" } }),
  );
  await page.getByText("1 new message").waitFor();
}

async function shoot(context, address, name, file) {
  const page = await context.newPage();
  const found = [];
  page.on("pageerror", (error) => found.push(String(error)));
  page.on("console", (message) => message.type() === "error" && found.push(message.text()));
  try {
    await page.goto(`${address}/?state=${name}`);
    await page.locator("#app > *").first().waitFor();
    await ACTS[name]?.(page);
    await page.screenshot({ path: file });
    found.push(...(await checks(page)));
  } catch (error) {
    found.push(String(error));
    await page.screenshot({ path: file });
  }
  await page.close();
  return found.map((words) => `${basename(file)}: ${words}`);
}

async function checks(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((runOnly) => axe.run(document, { runOnly }), RULES);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const high = await page.evaluate(() => document.querySelector(".shell") ? document.documentElement.scrollHeight - document.documentElement.clientHeight : 0);
  return [
    ...violations.map((v) => `${v.id}: ${v.help} ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message ?? ""}`).join(" | ")}`),
    ...(wide > 0 ? [`scrolls sideways by ${wide} px`] : []),
    ...(high > 0 ? [`the page itself scrolls by ${high} px`] : []),
  ];
}

async function main([folder, ...only]) {
  if (!folder) throw new Error("usage: node test-world/shots.mjs FOLDER [STATE…]");
  await mkdir(folder, { recursive: true });
  const outDir = await mkdtemp(join(tmpdir(), "test-world-"));
  await build({ configFile: fileURLToPath(new URL("vite.config.ts", import.meta.url)), build: { outDir }, logLevel: "warn" });
  const site = await serve(outDir);
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  const all = only.length > 0 ? only : await names(browser, site.address);
  const found = [];
  for (const colorScheme of ["light", "dark"]) {
    for (const [width, height] of SIZES) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
      for (const name of all) found.push(...(await shoot(context, site.address, name, join(folder, `${name}-${colorScheme}-${width}.png`))));
      await context.close();
    }
  }
  await browser.close();
  site.close();
  await rm(outDir, { recursive: true });
  for (const words of found) console.error(words);
  console.log(found.length === 0 ? "every state: no violation, no error" : `${found.length} findings`);
  process.exitCode = found.length === 0 ? 0 : 1;
}

/** The page without a state lists them all. */
async function names(browser, address) {
  const page = await browser.newPage();
  await page.goto(address);
  const all = await page.locator("li > a:first-child").allTextContents();
  await page.close();
  return all;
}

await main(process.argv.slice(2));
