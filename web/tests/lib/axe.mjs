/** Accessibility, as far as a program can judge it: axe-core, in light and in dark. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** WCAG 1.4.10: at this width nothing is read by scrolling sideways. */
const NARROW_PX = 320;

/** Throws where the page violates a rule in either scheme; gives how many rules it was held against. */
export async function audit(page, what) {
  const found = [];
  let passed = 0;
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await settled(page);
    const { violations, passes } = await run(page);
    passed += passes;
    found.push(...violations.map((words) => `${what}, ${colorScheme}: ${words}`));
  }
  await page.emulateMedia({ colorScheme: "light" });
  if (found.length > 0) throw new Error(`axe:\n${found.join("\n")}`);
  // A page on which nothing was judged says nothing.
  if (passed === 0) throw new Error(`axe judged nothing on: ${what}`);
  return passed;
}

/** Throws where something is wider than a narrow phone. */
export async function auditNarrow(page, what) {
  const usual = page.viewportSize();
  await page.setViewportSize({ width: NARROW_PX, height: 640 });
  await settled(page);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  await page.setViewportSize(usual);
  await settled(page);
  if (width > NARROW_PX) throw new Error(`${what} is ${width} px wide on a screen of ${NARROW_PX} px`);
}

async function run(page) {
  // Through the debugging protocol, which the page's policy does not bind; a script tag would be refused.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(SOURCE);
  return page.evaluate(async (rules) => {
    const { violations, passes } = await window.axe.run(document, { runOnly: rules });
    const words = violations.map(({ id, help, nodes }) => {
      const where = nodes.slice(0, 3).map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`);
      return `${id} (${help}): ${where.join("; ")}`;
    });
    return { violations: words, passes: passes.length };
  }, RULES);
}

/** Two frames drawn and no transition under way: colours in between belong to neither scheme. */
export async function settled(page) {
  await page.evaluate(async () => {
    for (let frame = 0; frame < 2; frame += 1) await new Promise((drawn) => requestAnimationFrame(drawn));
    const finite = document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(finite.map((animation) => animation.finished));
  });
}
