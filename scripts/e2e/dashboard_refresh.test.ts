// When the page asks again: by the browser's own timers, which the test moves.
import { equal } from "node:assert/strict";
import type { Page } from "playwright-core";
import { withBrowser } from "./dashboard/browser.ts";
import { withDashboard } from "./dashboard/served.ts";

const HEALTHY = {
  status: "ok",
  checkedAt: "2026-03-10T07:00:00Z",
  version: "1.0.0",
  jobs: [],
  system: { reasons: [] },
  incidents: [],
  incidentLog: [],
  channels: [],
};

/** Functions whose answer the test chooses, and a page that shows it. */
async function withPage(
  work: (page: Page, answer: (next: () => Response) => void) => Promise<void>,
): Promise<void> {
  let answer = () => Response.json(HEALTHY);
  await using functions = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => answer(),
  );
  const functionsUrl = `http://127.0.0.1:${functions.addr.port}`;
  await withBrowser((browser) =>
    withDashboard(async (dashboard) => {
      const { page, context } = await dashboard.visit(browser);
      await page.clock.install({ time: "2026-03-10T07:00:00Z" });
      // The health report is counted where it is asked for, so that nothing has to
      // be waited for. Changed clocks have times of their own.
      await page.addInitScript(`
        globalThis.asked = 0;
        const send = globalThis.fetch;
        globalThis.fetch = (...question) => {
          const answer = send(...question);
          if (!String(question[0].url ?? question[0]).includes("check-job-health")) return answer;
          globalThis.asked += 1;
          globalThis.answered = answer.then((each) => each.clone().text(), () => {});
          return answer;
        };
        globalThis.tab = "visible";
        Object.defineProperty(document, "visibilityState", { get: () => tab });
        Object.defineProperty(document, "hidden", { get: () => tab === "hidden" });
      `);
      await page.goto("about:blank");
      await page.goto(`${dashboard.origin}/`);
      await page.clock.pauseAt("2026-03-10T07:00:10Z");
      await settled(page);
      await page.getByRole("heading", { name: "All is well." }).waitFor();
      // From the next reading on, time is counted, to the second.
      for (let second = 0; second < 15; second++) {
        if (await after(page, 1) > 0) break;
      }
      await work(page, (next) => answer = next);
      await context.close();
    }, { functionsUrl })
  );
}

const asked = (page: Page) => page.evaluate<number>("globalThis.asked");

/** Waits until what was asked is answered, and the page has taken it in. */
async function settled(page: Page): Promise<void> {
  const quiet = page.locator("main[aria-busy=false]");
  for (let round = 0; round < 50; round++) {
    await page.evaluate("globalThis.answered");
    // The page takes an answer in by a timer of its own.
    await page.clock.runFor(5);
    if (await quiet.count() > 0) return;
  }
  throw new Error("The page has not taken in the answer.");
}

/** Lets time pass, and says how often the page has asked in it. */
async function after(page: Page, seconds: number): Promise<number> {
  const before = await asked(page);
  await page.clock.runFor(seconds * 1000);
  const times = await asked(page) - before;
  await settled(page);
  return times;
}

async function show(page: Page, state: "visible" | "hidden"): Promise<number> {
  const before = await asked(page);
  await page.evaluate(
    `tab = "${state}"; window.dispatchEvent(new Event("visibilitychange"));
     document.dispatchEvent(new Event("visibilitychange"))`,
  );
  const times = await asked(page) - before;
  await settled(page);
  return times;
}

Deno.test("the page asks every 15 seconds, not while its tab is hidden, and at once on return", () =>
  withPage(async (page) => {
    equal(await after(page, 13), 0);
    equal(await after(page, 2), 1);
    equal(await after(page, 15), 1);

    equal(await show(page, "hidden"), 0);
    equal(await after(page, 3600), 0);
    equal(await show(page, "visible"), 1);
    equal(await after(page, 15), 1);
  }));

Deno.test("a reader who stops the refreshing is not refreshed, until they start it again", () =>
  withPage(async (page) => {
    const stop = page.getByRole("button", { name: "Stop the refreshing" });
    await stop.click();
    equal(await after(page, 3600), 0);
    await page.getByRole("button", { name: "Refresh now" }).click();
    await settled(page);
    equal(await after(page, 3600), 0);
    await stop.click();
    equal(await after(page, 30) >= 1, true);
  }));

const refusals: [status: number, code: string, words: string][] = [
  [429, "too_many_requests", "Not so fast"],
  [503, "database_unavailable", "The database rests"],
  [401, "unauthorized", "The functions refuse the key"],
];

for (const [status, code, words] of refusals) {
  Deno.test(`a page that is refused with ${status} asks less and less often, and says so, until it is answered`, () =>
    withPage(async (page, answer) => {
      answer(() =>
        Response.json({ error: { code, message: words } }, { status })
      );
      equal(await after(page, 15), 1);
      await page.getByText("This is as of").waitFor();
      await page.getByText(words).waitFor();
      for (const seconds of [30, 60, 120, 240, 300, 300]) {
        equal(await after(page, seconds - 1), 0, `before ${seconds} s`);
        equal(await after(page, 1), 1, `after ${seconds} s`);
      }
      answer(() => Response.json(HEALTHY));
      equal(await after(page, 300), 1);
      await page.getByText("This is as of").waitFor({ state: "hidden" });
      equal(await after(page, 15), 1);
    }));
}

Deno.test("a server that asks for time gets it, also when the reader comes back before", () =>
  withPage(async (page, answer) => {
    answer(() =>
      Response.json(
        { error: { code: "too_many_requests", message: "Not so fast" } },
        { status: 429, headers: { "Retry-After": "120" } },
      )
    );
    equal(await after(page, 15), 1);
    equal(await after(page, 60), 0);
    equal(await show(page, "hidden"), 0);
    equal(await show(page, "visible"), 0);
    equal(await after(page, 59), 0);
    equal(await after(page, 1), 1);
    // Back in a hidden tab, when the time is over.
    await show(page, "hidden");
    equal(await after(page, 600), 0);
    answer(() => Response.json(HEALTHY));
    equal(await show(page, "visible"), 1);
    await page.getByText("This is as of").waitFor({ state: "hidden" });
  }));
