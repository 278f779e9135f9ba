import type { Browser, BrowserContextOptions } from "playwright-core";
import { fileURLToPath } from "node:url";
import type { Scene } from "./scene.ts";
import type { Served } from "./served.ts";

const FOLDER = fileURLToPath(
  new URL("../../../docs/dashboard/", import.meta.url),
);

const PHONE = { width: 390, height: 844 };
const SCREEN = { width: 1280, height: 900 };

/** The looks in which each screen is shown. */
export const LOOKS: Readonly<Record<string, BrowserContextOptions>> = {
  light: { viewport: SCREEN, colorScheme: "light" },
  dark: { viewport: SCREEN, colorScheme: "dark" },
  phone: { viewport: PHONE, colorScheme: "light" },
};

const screens = (scene: Scene): Readonly<Record<string, string>> => ({
  today: "#/",
  runs: "#/runs",
  run: `#/runs/${scene.good}`,
  "run-failed": `#/runs/${scene.failed}`,
  "run-running": `#/runs/${scene.running}`,
  incidents: "#/incidents",
  agencies: "#/agencies",
  agency: `#/agencies/${scene.agency}`,
  installments: `#/installments?search=${encodeURIComponent(scene.student)}`,
  installment: `#/installments/${scene.installment}`,
  runbook: "#/runbooks/run-stuck",
});

/**
 * Takes a picture of each screen in each look, where that is asked for: all with
 * DASHBOARD_PICTURES=yes, or those that it names, with commas between.
 */
export async function picturesOf(
  browser: Browser,
  dashboard: Served,
  scene: Scene,
): Promise<void> {
  const wanted = Deno.env.get("DASHBOARD_PICTURES")?.split(",");
  if (wanted === undefined) return;
  await Deno.mkdir(FOLDER, { recursive: true });
  for (const [look, options] of Object.entries(LOOKS)) {
    const { page, context } = await dashboard.visit(browser, "", options);
    for (const [name, hash] of Object.entries(screens(scene))) {
      if (!wanted.includes("yes") && !wanted.includes(name)) continue;
      await page.goto(`${dashboard.origin}/${hash}`);
      await page.locator("main h1").first().waitFor();

      await page.locator("main[aria-busy=false]:not(:has(.loading))").waitFor();
      await page.screenshot({
        path: `${FOLDER}${name}-${look}.png`,
        // A list goes on like this.
        fullPage: !["runs", "agencies"].includes(name),
        animations: "disabled",
      });
    }
    await context.close();
  }
}
