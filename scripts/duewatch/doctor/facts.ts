import { z } from "zod";
import type { ProjectDatabase } from "../preflight/database.ts";

const basics = z.object({
  now: z.string(),
  server: z.string(),
  database: z.string(),
  isInstalled: z.boolean(),
  hasSchema: z.boolean(),
  hasManifest: z.boolean(),
  /** Of Duewatch in the database; null where there is none. */
  version: z.string().nullable(),
  hasSettings: z.boolean(),
  hasDefinitions: z.boolean(),
  canCall: z.boolean(),
  hasHealth: z.boolean(),
  hasHistory: z.boolean(),
  hasVault: z.boolean(),
  cronTimezone: z.string().nullable(),
  cronDatabase: z.string().nullable(),
  /** `on` by a setting, `recovery` on a replica; null where rows can be written. */
  readOnly: z.enum(["on", "recovery"]).nullable(),
  /** Whether the functions may use the schema with the tables and RPCs. */
  mayUsePublic: z.boolean(),
  /** The statement time-outs of the roles that work; `""` is the database's. */
  timeouts: z.array(z.object({ role: z.string(), value: z.string() })),
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
        'hasManifest', to_regprocedure('jobs.manifest()') is not null,
        -- As text, because it may not be there.
        'version', case
          when to_regprocedure('jobs.version()') is not null
            then (xpath('/row/version/text()', query_to_xml('select jobs.version() as version', false, true, '')))[1]::text
        end,
        'hasSettings', to_regprocedure('jobs.setting_state(text)') is not null
          and to_regprocedure('jobs.setting(text)') is not null,
        'hasDefinitions', to_regclass('jobs.definitions') is not null,
        'canCall', to_regprocedure('jobs.call_function(text,text,uuid,text,integer)') is not null,
        'hasHealth', to_regprocedure('public.get_job_health(timestamptz,boolean,boolean)') is not null,
        'hasHistory', to_regclass('supabase_migrations.schema_migrations') is not null,
        'hasVault', to_regclass('vault.decrypted_secrets') is not null,
        'cronTimezone', (select setting from pg_catalog.pg_settings where name = 'cron.timezone'),
        'cronDatabase', (select setting from pg_catalog.pg_settings where name = 'cron.database_name'),
        'readOnly', case
          when pg_is_in_recovery() then 'recovery'
          when current_setting('default_transaction_read_only') = 'on' then 'on'
        end,
        'mayUsePublic', coalesce(
          has_schema_privilege(to_regrole('service_role'), to_regnamespace('public'), 'usage'), true
        ),
        'timeouts', (
          select coalesce(jsonb_agg(jsonb_build_object(
            'role', coalesce(role.rolname, ''),
            'value', substring(setting.text from '^statement_timeout=(.*)$')
          ) order by coalesce(role.rolname, '')), '[]')
          from pg_catalog.pg_db_role_setting as stored
          cross join lateral unnest(stored.setconfig) as setting (text)
          left join pg_catalog.pg_roles as role
            on role.oid = stored.setrole
          where setting.text like 'statement\\_timeout=%'
            and stored.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
            and (
              stored.setrole = 0
              or role.rolname in ('postgres', 'authenticator', 'service_role')
            )
        )
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
  /** Null where Vault does not hold it. */
  readKey: z.string().nullable(),
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

const problemSql = (name: string) =>
  `select state.problem from jobs.setting_state('${name}') as state`;

/** Reads the settings that the database calls the functions with. */
export async function readSettings(
  database: ProjectDatabase,
): Promise<Settings> {
  return settings.parse(
    await database.read(`
      select jsonb_build_object(
        'version', jobs.version(),
        'functionsUrl', ${settingSql("functions_url")},
        'jobKey', ${settingSql("jobs_api_key")},
        'readKey', case
          when (${
      problemSql("jobs_read_key")
    }) is null then jobs.setting('jobs_read_key')
        end
      )`),
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
