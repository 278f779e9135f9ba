// What each role gets over the network: not what the page shows, but every
// answer. A word in every column says where a text has come from.
import { deepEqual, equal, ok } from "node:assert/strict";
import type { Page } from "playwright-core";
import { visit, withBrowser } from "./dashboard/browser.ts";
import {
  type Kind,
  kindsIn,
  plantCanaries,
  type Planted,
  removeCanaries,
  strangeWords,
} from "./dashboard/canaries.ts";
import { openScreen, screensOf } from "./dashboard/screens.ts";
import { withDashboard } from "./dashboard/served.ts";
import {
  insertUser,
  signedIn,
  tokenOf,
  withStaticHost,
} from "./dashboard/sign_in.ts";
import { type Exchange, recordWire } from "./dashboard/wire.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";

import { keys, urls } from "./support/stack.ts";
import { withoutSupervisor } from "./support/supervisor.ts";
import { signIn } from "./support/users.ts";

const EVERYTHING: readonly Kind[] = [
  "own",
  "other",
  "item",
  "error",
  "people",
  "jobs",
];

/** Opens each screen, lets it read what it reads, and asks what can be asked. */
async function walk(
  page: Page,
  address: string,
  planted: Planted,
): Promise<void> {
  for (const { hash } of screensOf(planted)) {
    await openScreen(page, address, hash);
    const compare = page.getByRole("button", { name: "Compare" });
    if (await compare.count() > 0) {
      await page.getByLabel("Grace, in days").fill("3");
      await compare.click();
      await page.getByLabel("With these settings").locator(".big").waitFor();
    }
    const correct = page.getByRole("button", {
      name: "See what would be corrected",
    });
    if (await correct.count() > 0) {
      await correct.click();
      await page.locator(".correct .notice").waitFor();
    }
  }
}

/** Everything that must be in no answer to anybody. */
async function secrets(sql: Database): Promise<string[]> {
  const { jobsApiKey, readKey, secretKey, jwtSecret } = await keys();
  const hashes = await sql<{ hash: string }[]>`
    select encrypted_password as hash
    from auth.users
    where encrypted_password is not null
  `;
  const vault = await sql<{ secret: string }[]>`
    select decrypted_secret as secret
    from vault.decrypted_secrets
    where name ~ 'key|webhook'
  `;
  return [
    jobsApiKey,
    readKey,
    secretKey,
    jwtSecret,
    ...hashes.map(({ hash }) => hash),
    ...vault.map(({ secret }) => secret),
  ];
}

interface Limits {
  readonly kinds: readonly Kind[];
  /** Ids and secrets that must not be in an answer, unless it was asked for. */
  readonly never: readonly string[];
}

/** @returns what is in the answers and must not be, with the request. */
function leaks(
  exchanges: readonly Exchange[],
  { kinds, never }: Limits,
): string[] {
  return exchanges.flatMap(({ method, url, body, status, text }) => {
    // A question that holds a word or an id may get it back.
    const asked = decodeURIComponent(url) + (body ?? "");
    return [
      ...strangeWords(text, kinds).filter((word) => !asked.includes(word)),
      ...never.filter((each) => text.includes(each) && !asked.includes(each)),
    ].map((found) => `${method} ${url} ${body ?? ""} (${status}): ${found}`);
  });
}

const allKinds = (exchanges: readonly Exchange[]) =>
  [...kindsIn(exchanges.map(({ text }) => text).join("\n"))].sort();

/** Sends a request again, with other credentials. */
async function again(
  { method, url, body }: Pick<Exchange, "method" | "url" | "body">,
  headers: Record<string, string>,
): Promise<Exchange> {
  const response = await fetch(url, {
    method,
    body,
    headers: {
      ...headers,
      ...body !== null && { "Content-Type": "application/json" },
    },
  });
  return {
    method,
    url,
    body,
    status: response.status,
    text: await response.text(),
  };
}

/** Everything that can be asked of the Data API: each table, view and function. */
async function dataRequests(
  sql: Database,
  { run, own, other }: Planted,
): Promise<Pick<Exchange, "method" | "url" | "body">[]> {
  const relations = await sql<{ name: string }[]>`
    select relname as name
    from pg_catalog.pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')
    order by name
  `;
  const routines = await sql<{ name: string; arguments: string[] }[]>`
    select proname as name, coalesce(proargnames[1:pronargs], '{}') as arguments
    from pg_catalog.pg_proc
    where pronamespace = 'public'::regnamespace and prorettype <> 'trigger'::regtype
    order by name
  `;
  ok(relations.length > 7 && routines.length > 20);
  const given = (agency: Planted["own"]): Record<string, unknown> => ({
    agency_id: agency.id,
    installment_id: agency.installment,
    search: "canary",
    run_id: run,
    id: run,
    max_count: 100,
    dry_run: true,
    job_name: "update-installment-statuses",
    incident_count: 10,
  });
  return [
    ...relations.map(({ name }) => ({
      method: "GET",
      url: `${urls.restUrl}/${name}?select=*`,
      body: null,
    })),
    ...routines.flatMap(({ name, arguments: names }) =>
      [given(other), given(own), { search: "" }].map((values) => ({
        method: "POST",
        url: `${urls.restUrl}/rpc/${name}`,
        body: JSON.stringify(Object.fromEntries(
          Object.entries(values).filter(([each]) => names.includes(each)),
        )),
      }))
    ),
  ];
}

Deno.test("no answer holds what its reader may not see", async (test) => {
  await withDatabase((sql) =>
    withoutSupervisor(sql, () =>
      withBrowser(async (browser) => {
        await emptyDatabase(sql);
        try {
          const planted = await plantCanaries(sql);
          const { own, other, run } = planted;
          const never = await secrets(sql);
          const { publishableKey, readKey, jobsApiKey } = await keys();
          const recorded: Exchange[] = [];

          await test.step("to the process with a job key: everything, and no key", () =>
            withDashboard(async (dashboard) => {
              const { page, context } = await dashboard.visit(browser);
              const wire = recordWire(page);
              await walk(page, `${dashboard.origin}/`, planted);
              const exchanges = await wire.exchanges();
              deepEqual(leaks(exchanges, { kinds: EVERYTHING, never }), []);
              deepEqual(allKinds(exchanges), [...EVERYTHING].sort());
              await context.close();
            }));

          await test.step("to the process with a read key: no agency, no student, no item, no text that somebody wrote", () =>
            withDashboard(async (dashboard) => {
              const { page, context } = await dashboard.visit(browser);
              const wire = recordWire(page);
              await walk(page, `${dashboard.origin}/`, planted);
              const exchanges = await wire.exchanges();
              const limits: Limits = {
                kinds: ["jobs"],
                never: [
                  ...never,
                  ...[own, other].flatMap(({ id, installment, plan }) => [
                    id,
                    installment,
                    plan,
                  ]),
                ],
              };
              deepEqual(leaks(exchanges, limits), []);
              deepEqual(allKinds(exchanges), ["jobs"]);
              await context.close();
            }, { key: readKey, secretKey: null }));

          await withStaticHost(async (address) => {
            await test.step("to an admin: everything, and no key", async () => {
              const { page, context, wire } = await signedIn(
                browser,
                address,
                await insertUser(sql, "admin"),
              );
              await page.getByRole("heading", { name: "Jobs", exact: true })
                .waitFor();
              wire.clear();
              await walk(page, address, planted);
              recorded.push(...await wire.exchanges());
              deepEqual(leaks(recorded, { kinds: EVERYTHING, never }), []);
              deepEqual(allKinds(recorded), [...EVERYTHING].sort());
              await context.close();
            });

            const limitsOf = (kinds: readonly Kind[]): Limits => ({
              kinds,
              never: [
                ...never,
                "update-installment-statuses",
                planted.job,
                planted.incident,
                ...[other, ...kinds.includes("own") ? [] : [own]].flatMap((
                  { id, installment, plan },
                ) => [id, installment, plan]),
              ],
            });

            await test.step("to a member: their agency, and nothing of the jobs", async () => {
              const { page, context, wire } = await signedIn(
                browser,
                address,
                await insertUser(sql, "finance", own.id),
              );
              await page.getByRole("heading", { name: "Agencies" }).waitFor();
              await walk(page, address, planted);
              const exchanges = await wire.exchanges();
              deepEqual(leaks(exchanges, limitsOf(["own"])), []);
              deepEqual(allKinds(exchanges), ["own"]);
              await context.close();
            });

            await test.step("to somebody without a role: nothing", async () => {
              const { page, context, wire } = await signedIn(
                browser,
                address,
                await insertUser(sql, null),
              );
              await page.getByText("There is nothing for you to see").waitFor();
              const exchanges = await wire.exchanges();
              deepEqual(leaks(exchanges, limitsOf([])), []);
              deepEqual(allKinds(exchanges), []);
              await context.close();
            });

            await test.step("to a session that has expired: nothing", async () => {
              const { page, context } = await visit(browser, address);
              const wire = recordWire(page);
              const session = {
                access_token: await signIn(sql, {
                  role: "admin",
                  expires: "-60s",
                }),
                refresh_token: "gone",
                token_type: "bearer",
                expires_in: 3600,
                expires_at: Math.floor(Date.now() / 1000) - 60,
                user: { id: crypto.randomUUID() },
              };
              await page.evaluate(
                `localStorage.setItem("duewatch-session", ${
                  JSON.stringify(JSON.stringify(session))
                })`,
              );
              await page.goto("about:blank");
              await page.goto(`${address}#/agencies/${own.id}`);
              await page.getByLabel("Password").waitFor();
              const exchanges = await wire.exchanges();
              ok(exchanges.length > 0);
              deepEqual(leaks(exchanges, limitsOf([])), []);
              await context.close();
            });

            const member = await tokenOf(
              await insertUser(sql, "finance", own.id),
            );
            const nobody = await tokenOf(await insertUser(sql, null));
            const expired = await signIn(sql, {
              role: "admin",
              expires: "-60s",
            });
            const bearer = (token: string) => ({
              apikey: publishableKey,
              Authorization: `Bearer ${token}`,
            });
            const readers: [
              name: string,
              headers: Record<string, string>,
              kinds: Kind[],
            ][] = [
              ["a member", bearer(member), ["own"]],
              ["somebody without a role", bearer(nobody), []],
              ["an expired session", bearer(expired), []],
              ["nobody", { apikey: publishableKey }, []],
              ["a stranger", {}, []],
            ];
            const byHand = await dataRequests(sql, planted);
            for (const [name, headers, kinds] of readers) {
              await test.step(`to ${name} who sends the requests of an admin, and every other one`, async () => {
                const exchanges: Exchange[] = [];
                for (const request of [...recorded, ...byHand]) {
                  exchanges.push(await again(request, headers));
                }
                deepEqual(leaks(exchanges, limitsOf(kinds)), []);
                deepEqual(allKinds(exchanges), [...kinds].sort());
                if (kinds.length === 0) return;
                // What they ask of their own agency is answered.
                ok(exchanges.some(({ status }) => status === 200));
              });
            }

            await test.step("to a read key that sends the requests of an admin", async () => {
              const ofFunctions = recorded.filter(({ url }) =>
                url.startsWith(urls.functionsUrl)
              );
              ok(ofFunctions.length > 5);
              const exchanges: Exchange[] = [];
              for (const request of ofFunctions) {
                exchanges.push(await again(request, { "X-API-Key": readKey }));
              }
              const data: Exchange[] = [];
              for (const request of [...recorded, ...byHand]) {
                if (!request.url.startsWith(urls.restUrl)) continue;
                data.push(
                  await again(request, {
                    apikey: readKey,
                    "X-API-Key": readKey,
                  }),
                );
              }
              const ids = [own, other].flatMap(({ id, installment, plan }) => [
                id,
                installment,
                plan,
              ]);
              const limits: Limits = {
                kinds: ["jobs"],
                never: [...never, ...ids],
              };
              deepEqual(leaks(exchanges, limits), []);
              deepEqual(leaks(data, { ...limits, kinds: [] }), []);
              const control = await again({
                method: "POST",
                url: `${urls.functionsUrl}/job-control`,
                body: JSON.stringify({ action: "run", jobName: planted.job }),
              }, { "X-API-Key": readKey });
              equal(control.status, 403);
              // A job key is refused by the Data API as well.
              const rows = await again({
                method: "GET",
                url: `${urls.restUrl}/agencies?select=*`,
                body: null,
              }, { apikey: jobsApiKey });
              deepEqual(leaks([rows], { kinds: [], never: [run] }), []);
            });
          });
        } finally {
          await removeCanaries(sql);
          await emptyDatabase(sql);
        }
      }))
  );
});

Deno.test("each screen sends no more requests than it needs", () =>
  withDatabase((sql) =>
    withoutSupervisor(sql, () =>
      withBrowser(async (browser) => {
        await emptyDatabase(sql);
        try {
          const planted = await plantCanaries(sql);
          await withDashboard(async (dashboard) => {
            const { page, context } = await dashboard.visit(browser);
            const screens = screensOf(planted);
            const sent: Record<string, number> = {};
            for (const { name, hash } of screens) {
              await page.goto("about:blank");
              const wire = recordWire(page);
              await openScreen(page, `${dashboard.origin}/`, hash);
              sent[name] = (await wire.exchanges()).length;
            }
            deepEqual(
              screens.filter(({ name, requests }) => sent[name] > requests)
                .map(({ name }) => `${name}: ${sent[name]}`),
              [],
            );
            await context.close();
          });
        } finally {
          await removeCanaries(sql);
          await emptyDatabase(sql);
        }
      }))
  ));
