import { join } from "node:path";
import { z } from "zod";
import { readIfExists } from "../../stack/files.ts";
import { SCHEMAS } from "../../schemas/order.ts";
import type { ProjectDatabase } from "../preflight/database.ts";
import { readPackage } from "../names/package_sources.ts";
import { renderSources } from "../names/rendering.ts";
import type { Project } from "../project/project.ts";
import { QUERIES_FOLDER } from "../project/queries.ts";
import { renderingOf } from "../project/rendering.ts";
import type { State } from "../project/state.ts";
import { type Fault, fault, type Repair } from "./fault.ts";
import { objectOfCheck, restorePrivileges } from "./privileges.ts";
import { inWords } from "./verify_words.ts";

const row = z.object({
  check: z.string(),
  ok: z.boolean(),
  what_to_do: z.string().nullable(),
});

/** A failed check of `verify.sql`. */
export type FailedCheck = z.infer<typeof row>;

/** Gives a file of the schema as a project has it; null where there is none. */
export type SourceOf = (file: string) => Promise<string | null>;

/**
 * Gives the files of the schema with a project's names.
 *
 * @param state what the project's folder says; null where there is no folder,
 *   or it does not say which names the project has.
 */
export function sourcesFor(packageDir: string, state: State | null): SourceOf {
  return async (file) => {
    // With the wrong names a function would work on other tables.
    if (state === null) return null;
    if (Object.keys(state.map).length === 0) {
      return await readIfExists(join(packageDir, SCHEMAS, file));
    }
    const { sources, domain } = await readPackage(packageDir);
    const rendering = renderingOf(state, domain);
    return renderSources(sources, rendering, domain).texts.get(file) ?? null;
  };
}

/** Runs `verify.sql` as the project has it, with its names. */
export async function runVerify(
  database: ProjectDatabase,
  packageDir: string,
  project: Project | null,
): Promise<FailedCheck[]> {
  const own = project === null ? null : await readIfExists(
    join(project.supabaseDir, QUERIES_FOLDER, "verify.sql"),
  );
  const statement = own ??
    await Deno.readTextFile(join(packageDir, "supabase", "verify.sql"));
  const rows = z.array(row).parse(
    await database.read(
      `select coalesce(jsonb_agg(to_jsonb(report)), '[]') from (\n${
        statement.trimEnd().replace(/;$/, "")
      }\n) as report`,
    ),
  );
  return rows.filter(({ ok, what_to_do }) => !ok && what_to_do !== null)
    .filter(({ check }) => !/^\d+ checks, \d+ failed$/.test(check));
}

/**
 * Says what each failed check means, and how it is repaired.
 *
 * @param sourceOf gives the files of the schema that restore an object.
 */
export async function verifyFaults(
  failed: readonly FailedCheck[],
  sourceOf: SourceOf,
): Promise<Fault[]> {
  return await Promise.all(failed.map(async ({ check, what_to_do }) => {
    const todo = what_to_do ?? "";
    const isSql =
      /^(?:alter|create|delete|drop|grant|revoke|select|update) [^<]*;/
        .test(todo);
    const { code, what } = inWords(check);
    return fault(
      code,
      what,
      isSql ? "Run this in the SQL editor." : sentence(todo),
      {
        command: isSql ? todo : "",
        repair: await repairOf(check, todo, sourceOf),
      },
    );
  }));
}

// Whole statements, as verify.sql of this version has them: a file that somebody
// has edited adds nothing. They lock no rows of the project's own tables for
// long, drop nothing, and need no value.
const HARMLESS = [
  /^create extension pg_cron;$/,
  /^create extension http with schema extensions;$/,
  /^select jobs\.schedule_supervision\(\);$/,
  /^select cron\.alter_job\(cron\.schedule\(cron_job_name, schedule, jobs\.dispatch_command\(job_name\)\), active => enabled and not jobs\.is_paused\(job_name\)\) from jobs\.definitions;$/,
  /^alter table jobs\.\w+ enable row level security; -- [^\n]*$/,
  /^alter table (?:[\w.]|"[^";]+")+ enable trigger \w+;$/,
];
const FILE = /^run (?:supabase\/schemas\/|the part )(\S+\.sql)\b/;
const RESTORABLE = /^(?:function|view|type) \S+.* exists$/;

async function repairOf(
  check: string,
  todo: string,
  sourceOf: SourceOf,
): Promise<Repair | null> {
  if (HARMLESS.some((pattern) => pattern.test(todo))) {
    return { kind: "sql", statement: todo };
  }
  const object = objectOfCheck(check);
  if (object !== null) {
    return { kind: "sql", statement: restorePrivileges(object) };
  }
  const file = FILE.exec(todo)?.[1];
  const canRestore = RESTORABLE.test(check) ||
    /^job .* is registered$/.test(check);
  const statement = file !== undefined && canRestore
    ? await sourceOf(file)
    : null;
  return statement === null ? null : { kind: "sql", statement };
}

function sentence(todo: string): string {
  const text = todo.replace(
    /^run (supabase\/\S+|the part \S+ of [^,]+)/,
    "Run $1 in the SQL editor",
  );
  return `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
}
