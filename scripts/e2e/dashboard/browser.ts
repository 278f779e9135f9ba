import axe from "axe-core";
import { deepEqual } from "node:assert/strict";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { ensureChromium } from "../../stack/chromium.ts";
import { terminalProgress } from "../../stack/progress.ts";

/** A page in a browser, and what went wrong in it. */
export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the console, the page and its policy complained about. */
  readonly complaints: string[];
}

/** Starts the browser for the length of some work, failed or not. */
export async function withBrowser<T>(
  work: (browser: Browser) => Promise<T>,
): Promise<T> {
  const browser = await chromium.launch({
    executablePath: await ensureChromium(terminalProgress()),
    // Containers have no namespaces for its sandbox; the page is our own.
    args: ["--no-sandbox", "--font-render-hinting=none"],
  });
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

/** Opens a page of its own, with cookies of its own. */
export async function visit(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({
    timezoneId: "Australia/Brisbane",
    locale: "en-AU",
    viewport: { width: 1280, height: 900 },
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
    ...options,
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(address);
  return { page, context, complaints };
}

/** Fails when axe finds something serious on the page. */
export async function assertAccessible(page: Page): Promise<void> {
  // Not as a script of the page, which its policy would refuse.
  await page.evaluate(axe.source);
  const serious = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<
          {
            violations: {
              id: string;
              impact: string;
              nodes: { html: string; failureSummary: string }[];
            }[];
          }
        >;
      };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => ["serious", "critical"].includes(impact))
      .map(({ id, nodes }) =>
        `${id}: ${nodes[0].html.slice(0, 200)} ${nodes[0].failureSummary}`
      );
  });
  deepEqual(serious, []);
}
