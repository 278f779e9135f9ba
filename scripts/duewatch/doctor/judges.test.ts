import { deepEqual, equal, match } from "node:assert/strict";
import { editedFunctions } from "./edited.ts";
import type { FunctionAnswer } from "./calls.ts";
import type { Basics, Settings } from "./facts.ts";
import { functionFaults } from "./functions.ts";
import { migrationFaults } from "./migrations.ts";
import { milliseconds, serverFaults } from "./server.ts";
import { settingFaults } from "./settings.ts";
import { unreachableFault } from "./unreachable.ts";

const KEY = "job_0123456789abcdef";
const good = (value: string) => ({ code: null, problem: null, value });
const settings = (jobKey: string, readKey: string | null = null): Settings => ({
  version: "1.0.0",
  functionsUrl: good("https://abcdefghijklmnopqrst.supabase.co/functions/v1"),
  jobKey: good(jobKey),
  readKey,
});

Deno.test("the judge of migrations tells Duewatch's from others, and how to push", () => {
  const judge = (
    files: readonly string[],
    applied: readonly string[],
    hasSchema = false,
  ) =>
    migrationFaults({ files, applied, hasSchema, rollback: "rollback.sql" })
      .map(({ severity, command, what, todo }) => ({
        severity,
        command,
        text: `${what} ${todo}`,
      }));
  deepEqual(judge(["1_a.sql"], ["1"]), []);
  const [ours] = judge(["1_a.sql", "2_duewatch.sql"], ["1"]);
  equal(ours.severity, "failure");
  equal(ours.command, "npx supabase db push --remote");
  const [own] = judge(["1_a.sql", "2_duewatch.sql"], ["2"], true);
  equal(own.severity, "warning");
  match(own.text, /^Your migration 1_a\.sql/);
  match(own.command, /--include-all$/);
  const [unknown] = judge(["2_duewatch.sql"], ["1"]);
  match(unknown.text, /The push will refuse before this folder holds 1 /);
  const [history] = judge(["2_duewatch.sql"], [], true);
  match(history.text, /a schema jobs is there/);
  match(history.command, /migration repair --status applied 2 --remote$/);
});

const basics = (
  given: Partial<Pick<Basics, "readOnly" | "timeouts" | "mayUsePublic">>,
) =>
  ({
    readOnly: null,
    mayUsePublic: true,
    timeouts: [],
    database: "postgres",
    ...given,
  }) as unknown as Basics;

Deno.test("the judge of the server names what stops every run", () => {
  const codes = (given: Parameters<typeof basics>[0]) =>
    serverFaults(basics(given)).map(({ code }) => code);
  deepEqual(codes({}), []);
  deepEqual(codes({ readOnly: "on" }), ["database_read_only"]);
  deepEqual(codes({ readOnly: "recovery" }), ["database_read_only"]);
  deepEqual(codes({ mayUsePublic: false }), ["privileges"]);
  const timeout = (role: string, value: string) =>
    codes({ timeouts: [{ role, value }] });
  for (const role of ["", "postgres", "authenticator", "service_role"]) {
    deepEqual(timeout(role, "100ms"), ["statement_timeout"], role);
    deepEqual(timeout(role, "8s"), [], role);
    deepEqual(timeout(role, "0"), [], role);
  }
  deepEqual(
    ["8s", "2min", "250", "1.5s", "default"].map(milliseconds),
    [8_000, 120_000, 250, 1_500, 0],
  );
});

Deno.test("the judge of settings sees a value that is no single key, and shows none", () => {
  const cases: readonly (readonly [string, string | null, string[]])[] = [
    [KEY, "read_0123456789abcdef", []],
    [KEY, null, []],
    [`${KEY},job_of_somebody_else`, null, ["key_malformed"]],
    [`"${KEY}"`, null, ["key_malformed"]],
    [`'${KEY}'`, null, ["key_malformed"]],
    [`JOBS_API_KEY=${KEY}`, null, ["key_malformed"]],
    [`${KEY} ${KEY}`, null, ["key_malformed"]],
    [KEY, KEY, ["keys_equal"]],
  ];
  for (const [jobKey, readKey, codes] of cases) {
    const faults = settingFaults(
      settings(jobKey, readKey),
      null,
      "abcdefghijklmnopqrst",
    );
    deepEqual(faults.map(({ code }) => code), codes, jobKey);
    equal(JSON.stringify(faults).includes(KEY), false);
  }
});

Deno.test("functions with the same trouble are one fault, with one command", () => {
  const answers = (
    given: Readonly<Record<string, number>>,
  ): FunctionAnswer[] =>
    Object.entries(given).map(([slug, status]) => ({
      slug,
      status,
      content: "{}",
      problem: null,
    }));
  const judge = (given: Readonly<Record<string, number>>) =>
    functionFaults(answers(given), settings(KEY))
      .map(({ code, what, command }) => [code, what, command]);
  deepEqual(judge({ a: 503, b: 503, c: 200, d: 404 }), [
    [
      "function_does_not_start",
      "The functions a and b do not start.",
      "npx supabase functions deploy a b",
    ],
    [
      "function_missing",
      "The function d is not deployed.",
      "npx supabase functions deploy d",
    ],
  ]);
});

Deno.test("a function that was edited in the database is named, and restored only when asked", async () => {
  const source = "create function jobs.one()\nas $f$\nbegin\nend\n$f$;";
  const look = (body: string) =>
    editedFunctions(
      [{ name: "jobs.one()", source: "one.sql", body }],
      () => Promise.resolve(source),
    );
  deepEqual(await look("\nbegin\nend\n"), []);
  const [{ code, what, repair }] = await look("\nbegin\n  return;\nend\n");
  equal(code, "function_edited");
  match(what, /jobs\.one\(\)/);
  deepEqual(repair, {
    kind: "restore",
    statement: source.replace("create function", "create or replace function"),
  });
  deepEqual(
    await editedFunctions(
      [{ name: "jobs.one()", source: "one.sql", body: "other" }],
      () => Promise.resolve(null),
    ),
    [],
    "Without the project's names nothing is compared.",
  );
});

Deno.test("each reason why a database does not answer has its own remedy", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["sorry, too many clients already", /^All connections are in use/],
    ["Max client connections reached", /^All connections are in use/],
    [
      'password authentication failed for user "postgres"',
      /^The password or the user is wrong/,
    ],
    ["getaddrinfo ENOTFOUND db.x.supabase.co", /session pooler/],
    ['database "nope" does not exist', /^The address names another database/],
    ["the database system is starting up", /^The database restarts/],
    ["Could not ask the database: the project is paused. Restore it.", /^$/],
    ["connect ECONNREFUSED 127.0.0.1:1", /^Is it running/],
  ];
  for (const [message, todo] of cases) {
    match(unreachableFault(message).todo, todo, message);
  }
});
