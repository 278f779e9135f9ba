import { z } from "zod";
import type { ProjectDatabase } from "../preflight/database.ts";

const basics = z.object({
  now: z.string(),
  server: z.string(),
  database: z.string(),
  isInstalled: z.boolean(),
  hasSchema: z.boolean(),
  hasSettings: z.boolean(),
  hasDefinitions: z.boolean(),
  canCall: z.boolean(),
  hasHealth: z.boolean(),
  hasHistory: z.boolean(),
  hasVault: z.boolean(),
  cronTimezone: z.string().nullable(),
  cronDatabase: z.string().nullable(),
});

/** What every database can be asked. */
export type Basics = z.infer<typeof basics>;

/** Asks what is there at all. It works on every Postgres. */
export async function readBasics(database: ProjectDatabase): Promise<Basics> {
  return basics.parse(
    await database.read(`
      select jsonb_build_object(
        'now', clock_timestamp(),
        'server', current_setting('server_version'),
        'database', current_database(),
        'hasSchema', to_regnamespace('jobs') is not null,
        'isInstalled', to_regprocedure('jobs.version()') is not null,
        'hasSettings', to_regprocedure('jobs.setting_state(text)') is not null
          and to_regprocedure('jobs.setting(text)') is not null,
        'hasDefinitions', to_regclass('jobs.definitions') is not null,
        'canCall', to_regprocedure('jobs.call_function(text,text,uuid,text,integer)') is not null,
        'hasHealth', to_regprocedure('public.get_job_health(timestamptz,boolean,boolean)') is not null,
        'hasHistory', to_regclass('supabase_migrations.schema_migrations') is not null,
        'hasVault', to_regclass('vault.decrypted_secrets') is not null,
        'cronTimezone', (select setting from pg_catalog.pg_settings where name = 'cron.timezone'),
        'cronDatabase', (select setting from pg_catalog.pg_settings where name = 'cron.database_name')
      )`),
  );
}

const setting = z.object({
  code: z.string().nullable(),
  problem: z.string().nullable(),
  value: z.string().nullable(),
});

/** A setting: what it is, or what is wrong with it. */
export type Setting = z.infer<typeof setting>;

const settings = z.object({
  version: z.string(),
  functionsUrl: setting,
  jobKey: setting,
});

/** The settings without which no job starts. The key is in it. */
export type Settings = z.infer<typeof settings>;

const settingSql = (name: string) =>
  `(
  select jsonb_build_object(
    'code', state.code,
    'problem', state.problem,
    'value', case when state.problem is null then jobs.setting('${name}') end
  )
  from jobs.setting_state('${name}') as state
)`;

/** Reads the settings that the database calls the functions with. */
export async function readSettings(
  database: ProjectDatabase,
): Promise<Settings> {
  return settings.parse(
    await database.read(`
      select jsonb_build_object(
        'version', jobs.version(),
        'functionsUrl', ${settingSql("functions_url")},
        'jobKey', ${settingSql("jobs_api_key")}
      )`),
  );
}

const answer = z.object({
  slug: z.string(),
  status: z.number().nullable(),
  content: z.string().nullable(),
  problem: z.string().nullable(),
});

/** What a function has answered to the database. */
export type FunctionAnswer = z.infer<typeof answer>;

/** A request that changes nothing, whatever the answer. */
export interface Probe {
  readonly slug: string;
  readonly method: "GET" | "POST" | "OPTIONS";
  /** Behind the slug, such as `?dryRun=true`. */
  readonly query?: string;
  readonly body?: string;
}

/** Lets the database call functions, one after the other, with its own key. */
export async function callFunctions(
  database: ProjectDatabase,
  probes: readonly Probe[],
): Promise<FunctionAnswer[]> {
  if (probes.length === 0) return [];
  const rows = probes.map(({ slug, method, query = "", body }, position) =>
    `(${position}, ${text(slug)}, ${text(slug + query)}, ${text(method)}, ${
      body === undefined ? "null::text" : text(body)
    })`
  );
  return z.array(answer).parse(
    await database.read(`
      select jsonb_agg(jsonb_build_object(
        'slug', probe.slug,
        'status', answer.status,
        'content', left(answer.content, 500),
        'problem', answer.problem
      ) order by probe.position)
      from (values ${rows.join(", ")})
        as probe (position, slug, path, method, body)
      cross join lateral jobs.call_function(
        slug => probe.path,
        method => probe.method,
        body => probe.body,
        timeout_ms => ${patience(database, rows.length)}
      ) as answer`),
  );
}

const reason = z.looseObject({
  code: z.string(),
  severity: z.string(),
  message: z.string(),
});

const health = z.looseObject({
  jobs: z.array(z.looseObject({
    job_name: z.string(),
    reasons: z.array(reason),
  })),
  system: z.looseObject({ reasons: z.array(reason) }),
});

/** The health report of the database. */
export type Health = z.infer<typeof health>;

/** Reads the health report without raising anything. */
export async function readHealth(database: ProjectDatabase): Promise<Health> {
  return health.parse(await database.read("select public.get_job_health()"));
}

const PATIENCE_MS = 20_000;
// The Management API ends a statement after 55 seconds.
const LONGEST_STATEMENT_MS = 50_000;

/** @returns how many milliseconds each of so many requests in one statement has. */
export function patience({ sql }: ProjectDatabase, requests: number): number {
  return sql === null
    ? Math.min(PATIENCE_MS, Math.floor(LONGEST_STATEMENT_MS / requests))
    : PATIENCE_MS;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'::text`;
}
