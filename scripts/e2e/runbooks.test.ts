import { deepEqual, equal, match, ok } from "node:assert/strict";
import { alertKind } from "../../supabase/functions/_shared/alerts/alert.ts";
import {
  channelVariables,
  configureChannels,
} from "../../supabase/functions/_shared/alerts/channels.ts";
import { pageAbout } from "../../supabase/functions/_shared/alerts/message/description.ts";
import { parseEnvironment } from "../../supabase/functions/_shared/environment.ts";
import { run } from "../stack/command.ts";
import { supabaseCli } from "../stack/migrations.ts";
import { insertAgency } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { alertKinds, reasonCodes } from "./support/health_codes.ts";
import {
  type CodeBlock,
  type Page,
  readPage,
  readPages,
  readText,
} from "./support/pages.ts";
import { fillIn } from "./support/placeholders.ts";
import { rolledBack } from "./support/rolled_back.ts";
import { config } from "./support/stack.ts";

const INDEX = "docs/runbooks/README.md";

// It points to run-failed.md and says no more.
const POINTERS = ["docs/runbooks/last-run-failed.md"];

const EVERY_CHANNEL: Readonly<Record<string, string>> = {
  SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/some/webhook",
  RESEND_API_KEY: "re_some_key",
  ALERT_EMAIL_FROM: "alerts@example.com",
  ALERT_EMAIL_TO: "on-call@example.com",
};

const SECTIONS = [
  "What it means",
  "Who is affected",
  "Check",
  "What to do",
  "Who to inform",
  "Resolved when",
];

async function runbooks(): Promise<Page[]> {
  const pages = await readPages("docs/runbooks");
  return pages.filter(({ path }) => path !== INDEX);
}

/** The pages with commands for a console. */
async function manuals(): Promise<Page[]> {
  return [
    ...await readPages("docs/runbooks"),
    await readPage("docs/monitoring/testing.md"),
    await readPage("docs/how-to/set-up-alerts.md"),
    await readPage("docs/how-to/add-a-health-reason.md"),
    await readPage("docs/how-to/send-the-weekly-digest.md"),
    await readPage("docs/reference/alerts.md"),
  ];
}

Deno.test("every alert kind and every reason of the health check has a page, and no page is about anything else", () =>
  withDatabase(async (sql) => {
    const codes = new Set([
      ...await alertKinds(sql),
      ...await reasonCodes(sql),
    ]);
    const wanted = [...codes].map((code) =>
      `docs/runbooks/${code.replaceAll("_", "-")}.md`
    );
    const pages = await runbooks();
    deepEqual(pages.map(({ path }) => path), wanted.sort());
  }));

Deno.test("the database and the senders know the same kinds, and name the same pages", () =>
  withDatabase(async (sql) => {
    deepEqual((await alertKinds(sql)).sort(), [...alertKind.options].sort());
    for (const code of await reasonCodes(sql)) {
      const page = await readPage(`docs/runbooks/${pageAbout(code)}.md`);
      ok(page.title.startsWith(`${code}: `), page.title);
    }
  }));

Deno.test("the table of kinds says what each channel carries", async () => {
  const { on } = configureChannels(
    parseEnvironment(channelVariables, (name) => EVERY_CHANNEL[name]),
  );
  const carried = Object.fromEntries(
    on.map(({ name, kinds }) => [name, [...kinds].sort()]),
  );

  const text = await readText("docs/reference/alerts.md");
  const rows = [...text.matchAll(
    /^\| `(\w+)` *\|[^|]*\| (yes|no) *\| (yes|no) *\| \w+ *\|$/gm,
  )];
  const carriedBy = (channel: 2 | 3) =>
    rows.filter((row) => row[channel] === "yes").map(([, kind]) => kind).sort();
  deepEqual({ slack: carriedBy(2), email: carriedBy(3) }, carried);
});

Deno.test("a page starts with who is affected and what to do", async () => {
  for (const { path } of await runbooks()) {
    match(
      await readText(path),
      /^# .+\n\n\*\*Affected:\*\* [^*]+\*\*Do:\*\*\s/,
      path,
    );
  }
});

Deno.test("a page has its sections in order: meaning, who is affected, how to check, what to do, who to inform, when it is resolved", async () => {
  for (const { path, title, sections } of await runbooks()) {
    match(title, /^[a-z_]+: /, path);
    deepEqual(sections, POINTERS.includes(path) ? [] : SECTIONS, path);
  }
});

Deno.test("the index leads to every page", async () => {
  const { links } = await readPage(INDEX);
  for (const { path } of await runbooks()) {
    ok(links.includes(path.replace("docs/runbooks/", "")), path);
  }
});

Deno.test("every statement of SQL in runbooks and procedures runs as it is written", () =>
  withDatabase(async (sql) => {
    await arrangeDay(sql);
    const blocks = blocksIn(await manuals(), "sql");
    ok(blocks.length > 0);
    for (const { path, code } of blocks) {
      await rolledBack(sql, async (transaction) => {
        try {
          await transaction.unsafe(await fillIn(code)).simple();
        } catch (error) {
          throw new Error(`${path} has SQL that does not run:\n${code}`, {
            cause: error,
          });
        }
      });
    }
  }));

Deno.test("every npm command in runbooks and procedures exists", async () => {
  const { scripts } = JSON.parse(await readText("package.json"));
  for (const { path, code } of blocksIn(await manuals(), "sh")) {
    for (const [, name] of code.matchAll(/^npm (?:run )?([a-z]+)/gm)) {
      ok(name in scripts, `${path}: npm run ${name}`);
    }
  }
});

Deno.test("every command of the Supabase CLI in runbooks and procedures exists, with its options", async () => {
  const pages = [...await manuals(), await readPage("README.md")];
  const commands = blocksIn(pages, "sh").flatMap((
    { code },
  ) => [...code.matchAll(/^npx supabase ((?:[a-z]+ ?)+)(.*)$/gm)]);
  ok(commands.length > 0);
  const helpOf = new Map<string, Promise<string>>();
  for (const [line, words, rest] of commands) {
    const name = words.trim();
    if (!helpOf.has(name)) helpOf.set(name, cliHelp(name));
    const help = await helpOf.get(name) ?? "";
    const command = /^ {2}supabase (.+?) \[flags\]/m.exec(help)?.[1] ?? "";
    ok(name.startsWith(command) && command.includes(" "), line);
    for (const [option] of rest.matchAll(/--[a-z-]+/g)) {
      ok(help.includes(`${option}`), line);
    }
  }
});

Deno.test("the SQL files that commands name exist", async () => {
  for (const { path, code } of blocksIn(await manuals(), "sh")) {
    for (const [file] of code.matchAll(/supabase\/[a-z/_-]+\.sql/g)) {
      ok((await readText(file)).length > 0, path);
    }
  }
});

interface BlockOfPage extends CodeBlock {
  readonly path: string;
}

function blocksIn(pages: readonly Page[], language: string): BlockOfPage[] {
  return pages.flatMap(({ path, blocks }) =>
    blocks
      .filter((block) => block.language === language)
      .map((block) => ({ path, ...block }))
  );
}

/** What the pages assume: a plan, and a run earlier today. */
async function arrangeDay(sql: Database): Promise<void> {
  await emptyDatabase(sql);
  await insertAgency(sql);
  await sql`
    insert into public.jobs_log (job_name, started_at, completed_at, status)
    select 'update-installment-statuses', at, at, 'success'
    from (select now() - interval '1 hour') as run (at)
  `;
}

async function cliHelp(command: string): Promise<string> {
  const { code, stdout } = await run(
    [supabaseCli(config), ...command.split(" "), "--help"],
    { env: { SUPABASE_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" } },
  );
  equal(code, 0);
  return stdout;
}
