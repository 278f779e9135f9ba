import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readMapOption, readNameMap } from "./name_map.ts";
import { readPackage } from "./package_sources.ts";
import { renderSql } from "./render.ts";
import { renderSources } from "./rendering.ts";
import { tokensOf, valueOf } from "./tokens.ts";
import { findValues, WORD_COLUMNS } from "./values.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { sources, domain } = await readPackage(root);

/** Every name that a project can have another one for, with a strange one. */
function everyOtherName(): Record<string, string> {
  const entries: Record<string, string> = {};
  for (const [table, columns] of domain.tables) {
    entries[table] = `"Other, ${table}"."Their ""${table}"""`;
    for (const column of columns.keys()) {
      entries[`${table}.${column}`] = `their ${column}`;
    }
  }
  for (const [column, words] of domain.values) {
    for (const word of words) entries[`${column}.${word}`] = `their '${word}'`;
  }
  return entries;
}

Deno.test("what Duewatch expects of a project is read from its SQL", () => {
  ok(domain.tables.has("installments"));
  equal(domain.tables.get("installments")?.get("student_due_date"), "date");
  ok(domain.required.has("installments.student_due_date"));
  ok(domain.added.has("agencies.timezone"));
  ok(domain.used.has("payment_plans.currency"));
  ok(domain.used.has("payment_plans.student_name"));
  ok(!domain.used.has("installments.paid_at"));
  ok(domain.needed.get("installments.status")?.has("overdue"));
});

Deno.test("with no map nothing changes but the zone, the pause and the heading", () => {
  const { texts } = renderSources(sources, {
    map: new Map(),
    columns: new Map(),
    defaultTimezone: null,
  }, domain);
  for (const [path, text] of sources.texts) equal(texts.get(path), text, path);
  match(texts.get("install/paused.sql") ?? "", /^select jobs\.pause\(/);
});

Deno.test("with every name another, no statement names one of ours", () => {
  const map = readNameMap(everyOtherName(), domain);
  const columns = new Map(
    [...map].map(([table, names]) => [table, new Set(names.columns.values())]),
  );
  const { texts } = renderSources(
    sources,
    { map, columns, defaultTimezone: "Europe/Berlin" },
    domain,
  );
  for (const [path, text] of texts) {
    const tokens = tokensOf(text);
    for (const [at, token] of tokens.entries()) {
      const [dot, name] = tokens.slice(at + 1, at + 3);
      const isOurs = token.text === "public" && dot?.text === "." &&
        domain.tables.has(name?.text);
      ok(!isOurs, `${path}: public.${name?.text}`);
      if (token.kind !== "string") continue;
      const value = valueOf(token);
      const table = /^public\.(\w+)(?:\.\w*)?$/.exec(value)?.[1] ??
        /^(?:alter|create|update|select) .*\bpublic\.(\w+)/.exec(value)?.[1] ??
        "";
      ok(!domain.tables.has(table), `${path}: ${value}`);
    }
  }
});

// A word whose table is not clear would stay ours, without an error.
Deno.test("of every word that is compared with a status, the table is known", async () => {
  const words = new Set([...domain.values.values()].flatMap((set) => [...set]));
  const files = [
    ...globSync("supabase/schemas/{installments,digest}/**/*.sql", {
      cwd: root,
    }),
    ...globSync("supabase/snippets/*.sql", { cwd: root }),
    "supabase/verify.sql",
  ];
  const others = new Set(["delivery"]);
  for (const file of files) {
    const text = await Deno.readTextFile(join(root, file));
    const isDomain = file.startsWith("supabase/schemas/");
    const known = new Set(
      findValues(text, domain, isDomain).map(({ token }) => token.start),
    );
    const tokens = tokensOf(text);
    for (const [at, token] of tokens.entries()) {
      const isName = WORD_COLUMNS.includes(token.text) ||
        /status/i.test(token.text);
      const operator = tokens[at + 1]?.text ?? "";
      if (!isName || !/^(=|<>|!=|in)$/.test(operator)) continue;
      const string = tokens[at + (operator === "in" ? 3 : 2)];
      if (string?.kind !== "string" || !words.has(valueOf(string))) continue;
      ok(
        others.has(tokens[at - 2].text) || known.has(string.start),
        `${file}: ${tokens[at - 2].text}.${token.text} ${string.text}`,
      );
    }
  }
});

const map = readNameMap({
  installments: 'billing."Fees"',
  "installments.student_due_date": "due on",
  "installments.status": "State",
  "installments.status.pending": "it's open",
  "installments.status.overdue": "late",
  agencies: "crm.orgs",
  "agencies.timezone": "tz",
}, domain);

Deno.test("statements read the view, and what belongs to the table names it", () => {
  const rendered = (sql: string) => renderSql(sql, map, domain);
  equal(
    rendered(
      "select i.status from public.installments as i where i.status = 'pending'",
    ),
    `select i.status from "duewatch"."installments" as i where i.status = 'it''s open'`,
  );
  equal(
    rendered("update public.installments as i set status = 'overdue'"),
    `update "duewatch"."installments" as i set status = 'late'`,
  );
  equal(
    rendered(
      "create index on public.installments (student_due_date) where status = 'pending';",
    ),
    `create index on "billing"."Fees" ("due on") where "State" = 'it''s open';`,
  );
  equal(
    rendered("foreign key (agency_id) references public.agencies (id)"),
    `foreign key (agency_id) references "crm"."orgs" ("id")`,
  );
  equal(
    rendered("select 'public.installments.student_due_date'::text"),
    `select '"billing"."Fees"."due on"'::text`,
  );
  equal(
    rendered("execute format('alter table public.agencies add %I', a)"),
    `execute format('alter table "crm"."orgs" add %I', a)`,
  );
});

Deno.test("a word that is no value of the column stays ours", () => {
  for (
    const sql of [
      "select jsonb_build_object('verdict', 'overdue') from public.installments",
      "select 1 from public.jobs_log as run where run.status = 'pending'",
      "-- public.installments\nselect 'An overdue one in public.installments.'",
    ]
  ) {
    equal(
      renderSql(sql, map, domain),
      sql.replace("from public.installments", 'from "duewatch"."installments"'),
    );
  }
});

Deno.test("a map that says nothing we know is refused, with what we know", () => {
  const refused = (entries: Record<string, string>, reason: RegExp) =>
    throws(() => readNameMap(entries, domain), reason);
  refused({ fees: "x" }, /The tables are agencies, .*installments/);
  refused({ "installments.due": "x" }, /columns of installments are id, /);
  refused(
    { "installments.status.open": "x" },
    /values that Duewatch uses are .*pending/,
  );
  refused({ installments: "a.b.c" }, /schema\.table/);
  throws(() => readMapOption("installments"), /an equals sign/);
  deepEqual(readMapOption(" a = b=c "), ["a", "b=c"]);
});
