// The page on a static host, where people sign in.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { assertAccessible, withBrowser } from "./dashboard/browser.ts";
import {
  insertUser,
  PASSWORD,
  signedIn,
  withStaticHost,
} from "./dashboard/sign_in.ts";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import { emptyDatabase, withDatabase } from "./support/database.ts";
import { callJob } from "./support/functions.ts";
import { keys, urls } from "./support/stack.ts";

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
          const { page, context, wire } = await signedIn(
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
            await page.getByText("This page is for admins.").waitFor();
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
          const answers = await wire.exchanges();
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
          const { page, context, wire } = await signedIn(
            browser,
            address,
            email,
          );
          await page.getByText("There is nothing for you to see").waitFor();
          const answers = await wire.exchanges();
          ok(answers.every(({ text }) => !text.includes('agency"')));
          await context.close();
        });

        await test.step("a session that has ended leads to the sign-in", async () => {
          const email = await insertUser(sql, "admin");
          const { page, context } = await signedIn(browser, address, email);
          await page.getByRole("heading", { name: "Jobs" }).waitFor();
          await page.evaluate("localStorage.removeItem('duewatch-session')");
          await page.getByRole("button", { name: "Refresh now" }).click();
          await page.getByText("Your session has ended. Sign in again.")
            .waitFor();
          await page.getByLabel("Password").waitFor();
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

Deno.test("a page with another publishable key says so, with the command that builds it again", () =>
  withDatabase((sql) =>
    withBrowser((browser) =>
      withStaticHost(async (address) => {
        const email = await insertUser(sql, "admin");
        const { page, context } = await signedIn(browser, address, email);
        await page.getByText(
          /refuses the publishable key in this page\..* npm run dashboard -- build --url http/,
        ).waitFor();
        await context.close();
      }, "sb_publishable_of_another_project")
    )
  ));

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
