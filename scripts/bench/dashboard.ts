import type { Page } from "playwright-core";
import { assemble, buildParts } from "../dashboard/page_build.ts";
import { serveDashboard } from "../dashboard/serve.ts";
import { visit, withBrowser } from "../e2e/dashboard/browser.ts";
import { readKeys } from "../stack/keys.ts";
import { stackUrls } from "../stack/stack.ts";
import { statePaths } from "../stack/state_dir.ts";
import type { BenchContext } from "./bench.ts";
import { type Finding, formatNumber, inMs } from "./finding.ts";
import { loadJobLog } from "./job_log_data.ts";
import { median } from "./statistics.ts";

const AGENCIES = 10_000;
const FIRST_PAINT_MS = 1000;

interface Screen {
  readonly name: string;
  readonly hash: string;
  /** What is there when the screen has been painted with its data. */
  readonly painted: string;
  readonly wanted?: { readonly atMost: number };
}

const SCREENS: readonly Screen[] = [
  {
    name: "Today",
    hash: "#/",
    painted: "#jobs",
    wanted: { atMost: FIRST_PAINT_MS },
  },
  { name: "Runs", hash: "#/runs", painted: "table.rows" },
  { name: "Agencies", hash: "#/agencies", painted: "table.agencies" },
];

/**
 * How long the dashboard takes from the beginning of the navigation until a
 * screen is painted with its data, in a browser that has nothing of it.
 */
export async function dashboard(context: BenchContext): Promise<Finding[]> {
  const { sql, scale, progress, checkpoint, stack: { config } } = context;
  progress.step(`dashboard: loading ${formatNumber(scale.runs)} runs`);
  await loadJobLog(sql, scale);
  await sql`
    insert into public.agencies (name, timezone)
    select 'Bench agency ' || number, 'Australia/Brisbane'
    from generate_series(1, ${
    Math.max(0, AGENCIES - scale.agencies)
  }::int) as number
  `;
  await checkpoint();

  const urls = stackUrls(config);
  const keys = await readKeys(statePaths(config).keysFile);
  const page = assemble(await buildParts(), {
    mode: "process",
    project: urls.apiUrl,
    command: "npm run dashboard",
    data: true,
    local: true,
  });
  const stop = new AbortController();
  const link = Promise.withResolvers<string>();
  const serving = serveDashboard({
    page,
    project: {
      functionsUrl: urls.functionsUrl,
      restUrl: urls.restUrl,
      key: keys?.jobsApiKey ?? "",
      secretKey: keys?.secretKey ?? "",
    },
    command: "npm run dashboard",
    port: 0,
    stopSignal: stop.signal,
    enterPresses: (async function* () {})(),
    print: (text) => {
      if (text.startsWith("http")) link.resolve(text);
    },
  });
  try {
    return await withBrowser(async (browser) => {
      const visited = await visit(browser, await link.promise);
      const { origin } = new URL(await link.promise);
      await visited.page.waitForURL(`${origin}/`);
      const findings: Finding[] = [];
      for (const screen of SCREENS) {
        progress.step(`dashboard: ${screen.name}`);
        const times: number[] = [];
        // The first is a warm-up of the functions.
        for (let round = 0; round <= scale.rounds; round++) {
          times.push(await paintedMs(visited.page, origin, screen));
        }
        findings.push(inMs(
          `dashboard: first paint of ${screen.name}`,
          median(times.slice(1)),
          {
            wanted: screen.wanted,
            detail: `${formatNumber(scale.runs)} runs, ${
              formatNumber(AGENCIES)
            } agencies`,
          },
        ));
      }
      return findings;
    });
  } finally {
    stop.abort();
    await serving;
  }
}

async function paintedMs(
  page: Page,
  origin: string,
  { hash, painted }: Screen,
): Promise<number> {
  // Another page first: a new part behind the # alone loads nothing.
  await page.goto("about:blank");
  await page.goto(`${origin}/${hash}`, { waitUntil: "commit" });
  await page.locator(painted).first().waitFor();
  return await page.evaluate<number>(
    "new Promise((done) => requestAnimationFrame(() => done(performance.now())))",
  );
}
