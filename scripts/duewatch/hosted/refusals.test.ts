import { deepEqual, equal, match } from "node:assert/strict";
import { UnreachableDatabaseError } from "../errors.ts";
import { refusalOf } from "./refusals.ts";

const REF = "abcdefghijklmnopqrst";
const body = (message: string) => JSON.stringify({ message });

/** What the Supabase CLI 3.1 prints, and what becomes of it. */
const CASES: readonly (readonly [
  output: string,
  words: RegExp,
  status?: string,
])[] = [
  [
    "Access token not provided. Supply an access token by running `supabase login` or …",
    /^Could not ask: You are not signed in to Supabase\. Run: npx supabase login/,
  ],
  [
    "Invalid access token format. Must be like `sbp_0102...1920`.",
    /SUPABASE_ACCESS_TOKEN is no access token: one begins with sbp_/,
  ],
  [
    `unexpected status 401: ${body("Unauthorized")}`,
    /does not accept the access token: it is wrong, or has expired/,
  ],
  [
    `Unexpected error setting project secrets: ${body("Unauthorized")}`,
    /does not accept the access token/,
  ],
  [
    `unexpected list functions status 403: ${body("Forbidden resource")}`,
    /may not do that in the project abcdefghijklmnopqrst\. Ask an owner/,
  ],
  [
    `unexpected status 429: ${body("ThrottlerException: Too Many Requests")}`,
    /takes no more requests of this account for now\. Wait a minute/,
  ],
  [
    `unexpected status 404: ${body("Project not found")}`,
    /this account has no project abcdefghijklmnopqrst\./,
    "missing",
  ],
  [
    `unexpected status 544: ${
      body(
        "Failed to run sql query: Connection terminated due to connection timeout",
      )
    }`,
    /is paused\. Restore it at https:\/\/supabase\.com\/dashboard\/project\/ab/,
    "INACTIVE",
  ],
  [
    `unexpected status 500: ${body("Internal")}`,
    /does not run \(RESTORING\)\. Look at https:/,
    "RESTORING",
  ],
  [
    "failed to execute query: HttpClientError: Transport error (POST https://…)",
    /the Management API of Supabase does not answer\. Is this computer online/,
  ],
  [
    "IPv6 is not supported on your current network\nRun supabase link …",
    /Name its session pooler \(Connect, Session pooler\): --db-url <address>$/,
  ],
  [
    'ERROR: relation "a" exists (SQLSTATE 42P07)\nselect \'status 401 "Unauthorized"\'',
    /^Could not ask: ERROR: relation "a" exists/,
    "ACTIVE_HEALTHY",
  ],
  [
    `Target: project Production\n│\n◇  Setting secrets...\nUnexpected error: ${
      body("Something broke")
    }\nTry rerunning the command with --debug to troubleshoot the error.`,
    /^Could not ask: Unexpected error: \{"message":"Something broke"\}$/,
    "ACTIVE_HEALTHY",
  ],
];

Deno.test("each refusal says what is wrong and what to do", async () => {
  for (const [output, words, status = "unknown"] of CASES) {
    const error = await refusalOf(
      output,
      "ask",
      REF,
      () => Promise.resolve(status),
    );
    match(error.message, words);
    equal(error.exitCode, 2);
  }
});

Deno.test("what the database says about a statement is passed on alone", async () => {
  const { message } = await refusalOf(
    `unexpected status 400: ${
      body(
        'Failed to run sql query: ERROR:  42P01: relation "x" does not exist\n',
      )
    }`,
    "ask",
    REF,
    () => Promise.reject(new Error("It need not be asked.")),
  );
  equal(message, 'relation "x" does not exist');
});

Deno.test("only a database that does not answer counts as out of reach", async () => {
  const kinds = await Promise.all(
    ["INACTIVE", "COMING_UP", "missing", "ACTIVE_HEALTHY"].map(async (status) =>
      await refusalOf(
        "unexpected status 500",
        "ask",
        REF,
        () => Promise.resolve(status),
      ) instanceof UnreachableDatabaseError
    ),
  );
  deepEqual(kinds, [true, true, false, false]);
});
