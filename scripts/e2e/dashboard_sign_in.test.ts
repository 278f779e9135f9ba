// The page on a static host, where people sign in.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Browser } from "playwright-core";
import { assemble } from "../dashboard/page_build.ts";
import { assertAccessible, visit, withBrowser } from "./dashboard/browser.ts";
import { pageParts } from "./dashboard/served.ts";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { callJob } from "./support/functions.ts";
import { keys, urls } from "./support/stack.ts";

const PASSWORD = "correct horse battery";

/** Serves the page as any static host does, without a header of its own. */
async function withStaticHost<T>(
  work: (address: string) => Promise<T>,
): Promise<T> {
  const { publishableKey } = await keys();
  const { html } = assemble(await pageParts(), {
    mode: "sign-in",
    project: urls.apiUrl,
    publishableKey,
    local: true,
  });
  await using host = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(html, { headers: { "Content-Type": "text/html" } }),
  );
  return await work(`http://127.0.0.1:${host.addr.port}/`);
}

async function insertUser(
  sql: Database,
  role: string | null,
  agencyId: string | null = null,
): Promise<string> {
  const id = crypto.randomUUID();
  const email = `${id}@example.com`;
  await sql`
    insert into auth.users (id, aud, role, email, encrypted_password, created_at)
    values (
      ${id}, 'authenticated', 'authenticated', ${email},
      extensions.crypt(${PASSWORD}, extensions.gen_salt('bf', 4)), now()
    )
  `;
  if (role !== null) {
    await sql`
      insert into public.user_roles (user_id, role, agency_id)
      values (${id}, ${role}, ${agencyId})
    `;
  }
  return email;
}

/** Opens the page, signs in, and keeps every answer that the page gets. */
async function signedIn(
  browser: Browser,
  address: string,
  email: string,
  password = PASSWORD,
) {
  const visited = await visit(browser, address);
  const { page } = visited;
  const answers: { url: string; text: string }[] = [];
  page.on("response", async (response) => {
    const text = await response.text().catch(() => "");
    answers.push({ url: response.url(), text });
  });
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  return { ...visited, answers };
}

Deno.test("people sign in to the page of a static host, and get what their role may see", async (test) => {
  await withDatabase((sql) =>
    withBrowser((browser) =>
      withStaticHost(async (address) => {
        await emptyDatabase(sql);
        const own = await insertAgency(sql, { name: "Own agency" });
        const other = await insertAgency(sql, { name: "Secret agency" });
        const [ownInstallment] = await insertInstallments(sql, own, {
          count: 2,
        });
        const [otherInstallment] = await insertInstallments(sql, other, {
          count: 3,
        });
        await callJob();

        await test.step("an admin sees the jobs and acts under their own name", async () => {
          const email = await insertUser(sql, "admin");
          const { page, context, complaints } = await signedIn(
            browser,
            address,
            email,
          );
          await page.getByRole("heading", { name: "Jobs" }).waitFor();
          await page.getByRole("button", {
            name: "Snooze: update-installment-statuses",
          }).first().click();
          const dialog = page.getByRole("dialog");
          await dialog.getByLabel("Reason").fill("I know");
          await dialog.getByRole("button", { name: "Snooze" }).click();
          await dialog.getByText(email).waitFor();
          await dialog.getByRole("button", { name: "Close" }).click();
          const [action] =
            await sql`select requested_by from jobs.actions where action = 'snooze'`;
          equal(action.requested_by, email);
          await page.getByRole("link", { name: "Agencies" }).click();
          await page.getByText("Secret agency").waitFor();

          // The browser keeps the session.
          await page.reload();
          await page.getByText("Secret agency").waitFor();
          deepEqual(complaints, []);
          await page.getByRole("button", { name: "Sign out" }).click();
          await page.getByLabel("Password").waitFor();
          await page.reload();
          await page.getByLabel("Password").waitFor();
          await context.close();
        });

        await test.step("a member sees their own agency, and no answer holds anything else", async () => {
          const email = await insertUser(sql, "finance", own.id);
          const { page, context, answers } = await signedIn(
            browser,
            address,
            email,
          );
          await page.getByRole("heading", { name: "Agencies" }).waitFor();
          await page.getByText("Own agency").waitFor();
          await assertAccessible(page);
          equal(await page.getByRole("link", { name: "Runs" }).count(), 0);
          for (const screen of ["runs", "incidents", "runbooks"]) {
            await page.goto(`${address}#/${screen}`);
            await page.getByText("There is nothing at this address.").waitFor();
          }
          for (
            const [screen, words] of [
              [`installments/${ownInstallment}`, "Overdue since"],
              [
                `installments/${otherInstallment}`,
                "There is no such installment",
              ],
              [`agencies/${other.id}`, "There is no such agency"],
              [`agencies/${own.id}`, "What a run would mark now"],
            ]
          ) {
            await page.goto(`${address}#/${screen}`);
            await page.getByText(words).first().waitFor();
          }
          equal(await page.getByText("Correct what was marked").count(), 0);
          ok(answers.some(({ url }) => url.includes("/rpc/list_agencies")));
          for (const { url, text } of answers) {
            ok(!url.includes("/functions/v1/"), url);
            ok(!/Secret agency|jobs_log|update-installment/.test(text), url);
            ok(!text.includes(other.id), url);
          }
          await context.close();
        });

        await test.step("somebody without a role sees nothing", async () => {
          const email = await insertUser(sql, null);
          const { page, context, answers } = await signedIn(
            browser,
            address,
            email,
          );
          await page.getByText("There is nothing for you to see").waitFor();
          ok(answers.every(({ text }) => !text.includes('agency"')));
          await context.close();
        });

        await test.step("a wrong password is refused in words", async () => {
          const email = await insertUser(sql, "admin");
          const { page, context } = await signedIn(
            browser,
            address,
            email,
            "wrong",
          );
          await page.getByText(
            "The email address or the password is not right.",
          ).waitFor();
          await assertAccessible(page);
          await context.close();
        });
        await emptyDatabase(sql);
      })
    )
  );
});

const authErrors: [
  name: string,
  path: string,
  init: RequestInit,
  status: number,
  words: RegExp,
][] = [
  [
    "no key",
    "token?grant_type=password",
    { method: "POST", headers: { apikey: "" } },
    401,
    /No API key/,
  ],
  [
    "no body",
    "token?grant_type=password",
    { method: "POST" },
    400,
    /invalid_credentials/,
  ],
  [
    "a body that is no JSON",
    "token?grant_type=refresh_token",
    { method: "POST", body: "{" },
    400,
    /invalid_credentials/,
  ],
  [
    "a token that is none",
    "user",
    { headers: { Authorization: "Bearer a.b.c" } },
    403,
    /bad_jwt/,
  ],
  ["a sign-up", "signup", { method: "POST", body: "{}" }, 404, /not_found/],
];

for (const [name, path, init, status, words] of authErrors) {
  Deno.test(`the local sign-in refuses ${name}`, async () => {
    const { publishableKey } = await keys();
    const response = await fetch(`${urls.authUrl}/${path}`, {
      ...init,
      headers: { apikey: publishableKey, ...init.headers },
    });
    equal(response.status, status);
    match(await response.text(), words);
  });
}

Deno.test("a refresh token gives a new session, and an access token does not", () =>
  withDatabase(async (sql) => {
    const email = await insertUser(sql, null);
    const { publishableKey } = await keys();
    const ask = (grantType: string, body: object) =>
      fetch(`${urls.authUrl}/token?grant_type=${grantType}`, {
        method: "POST",
        headers: { apikey: publishableKey },
        body: JSON.stringify(body),
      });
    const first = await (await ask("password", {
      email: email.toUpperCase(),
      password: PASSWORD,
    })).json();
    const refused = await ask("refresh_token", {
      refresh_token: first.access_token,
    });
    equal(refused.status, 400);
    await refused.body?.cancel();
    const second =
      await (await ask("refresh_token", { refresh_token: first.refresh_token }))
        .json();
    const user = await fetch(`${urls.authUrl}/user`, {
      headers: {
        apikey: publishableKey,
        Authorization: `Bearer ${second.access_token}`,
      },
    });
    equal((await user.json()).email, email);
  }));
