import type { Facts } from "./facts.ts";
import type { Finding } from "./finding.ts";

/** What is known besides the facts of the database. */
export interface Circumstances {
  /** The migrations that the project has in its folder. */
  readonly migrations: readonly string[];
  /** The zone for agencies that have none. */
  readonly zone: string | null;
  readonly isMapped: boolean;
}

const UNINSTALL = 'duewatch uninstall --db-url "$DATABASE_URL" (or --linked)';

/** Judges what a database has besides the project's tables. */
export function judgeServer(
  facts: Facts,
  { migrations, zone, isMapped }: Circumstances,
): Finding[] {
  return [
    ...earlierAttempt(facts, migrations),
    ...extensions(facts),
    ...taken(facts),
    ...entries(facts),
    ...secrets(facts),
    ...rights(facts),
    ...zone !== null && !facts.zone_is_known
      ? [stop(
        `The database knows no time zone "${zone}".`,
        "Use an IANA name, such as Europe/Berlin: select name from pg_timezone_names;",
      )]
      : [],
    ...isMapped && facts.schemas.includes("duewatch") &&
        !facts.schemas.includes("jobs")
      ? [stop(
        "There is a schema duewatch already, and it is not ours.",
        "Rename it: alter schema duewatch rename to …;",
      )]
      : [],
  ];
}

function earlierAttempt(
  facts: Facts,
  migrations: readonly string[],
): Finding[] {
  const applied = facts.applied.filter((name) =>
    /^\d+_duewatch(_|$)/.test(name)
  );
  const unknown = applied.filter((name) => !migrations.includes(`${name}.sql`));
  if (!facts.schemas.includes("jobs")) {
    return unknown.length === 0 ? [] : [stop(
      `The database lists ${unknown.join(", ")} as applied, but nothing of ` +
        "Duewatch is in it.",
      `Take it off the list, then install again: ${UNINSTALL}`,
    )];
  }
  if (facts.version === null && !facts.has_manifest) {
    return [stop(
      "There is a schema jobs, and it is not one of Duewatch.",
      "Duewatch needs this name: its functions and pg_cron call it. Rename yours, " +
        "and where your functions, jobs and apps name it; or empty and drop it. Then " +
        "install again: alter schema jobs rename to …;",
    )];
  }
  if (!facts.jobs_are_registered || applied.length === 0) {
    return [stop(
      "An earlier attempt to install Duewatch has stopped half-way, or was not " +
        "made with a migration of this project.",
      "1. Remove what it left; your own rows and tables stay:\n" +
        `   ${UNINSTALL}\n` +
        "2. Install again: npx duewatch install",
    )];
  }
  return unknown.length === 0 ? [] : [stop(
    `Duewatch ${facts.version} is in this database, and its migration ` +
      `${unknown.join(", ")} is not in this folder.`,
    "Fetch the file (is your checkout up to date?), or remove Duewatch from " +
      `the database and install again: ${UNINSTALL}`,
  )];
}

function extensions({ extensions }: Facts): Finding[] {
  const missing = ["pg_cron", "http", "supabase_vault"]
    .filter((name) => !(name in extensions))
    .map((name) =>
      stop(
        `The extension ${name} is not available in this database.`,
        "Duewatch needs Supabase's Postgres, or one with pg_cron, http (pgsql-http) and Vault.",
      )
    );
  const http = extensions.http ?? null;
  return [
    ...missing,
    ...http !== null && http !== "extensions"
      ? [stop(
        `The extension http is installed in the schema ${http}.` +
          (http === "public"
            ? " There anybody can call it through the Data API."
            : ""),
        "It cannot be moved. Drop it and create it again; what uses it has to name extensions:\n" +
          "drop extension http;\ncreate extension http with schema extensions;",
      )]
      : [],
    ...extensions.supabase_vault === null
      ? [stop(
        "Vault is not installed in this database.",
        "create extension supabase_vault;",
      )]
      : [],
  ];
}

function taken({ taken, schemas }: Facts): Finding[] {
  // After an installation they are ours.
  if (schemas.includes("jobs")) return [];
  return taken.map(({ kind, name }) =>
    stop(
      `There is a ${kind} ${name.split("(")[0]} already.`,
      "Duewatch needs this name. Rename what has it.",
    )
  );
}

function secrets({ secrets, schemas }: Facts): Finding[] {
  // After an installation they are ours, also when they were set by hand.
  if (schemas.includes("jobs")) return [];
  return secrets.map((name) => ({
    level: "do",
    what: `Vault has a secret ${name} already. Deploying would replace its ` +
      "value, and uninstalling would remove it.",
    todo: "If it is yours, rename it, and where you read it:\n" +
      "select vault.update_secret(id, new_name => '…') from vault.secrets " +
      `where name = '${name}';`,
  }));
}

const OUR_COMMAND = /^(select jobs\.|do \$\w+\$[\s\S]*\bjobs\.)/;

function entries({ entries, schemas }: Facts): Finding[] {
  return entries
    .filter(({ command }) =>
      !(schemas.includes("jobs") && OUR_COMMAND.test(command))
    )
    .map(({ name, command, owner }) =>
      OUR_COMMAND.test(command)
        ? stop(
          `pg_cron has an entry ${name} that an earlier attempt to install ` +
            "Duewatch left.",
          `Remove what it left: ${UNINSTALL}`,
        )
        : stop(
          `pg_cron has an entry ${name} of ${owner}: ${
            command.slice(0, 100)
          }. ` +
            "The installation would replace its command without a word.",
          `Give it another name:\nselect cron.schedule('…', '…', '…');\nselect cron.unschedule('${name}');`,
        )
    );
}

function rights(facts: Facts): Finding[] {
  return [
    ...facts.may_create ? [] : [stop(
      `The role ${facts.user} may not create schemas or objects in public.`,
      "Look at the database as postgres, which also applies migrations.",
    )],
    ...facts.has_auth_users ? [] : [stop(
      "There is no table auth.users.",
      "Duewatch needs the database of a Supabase project.",
    )],
    ...facts.server_version < 150000
      ? [stop(
        "This is a Postgres before version 15.",
        "Upgrade the project: Settings, Infrastructure.",
      )]
      : [],
  ];
}

const stop = (what: string, todo: string): Finding => ({
  level: "stop",
  what,
  todo,
});
