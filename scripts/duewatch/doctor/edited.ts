import { z } from "zod";
import type { ProjectDatabase } from "../preflight/database.ts";
import { type Fault, fault } from "./fault.ts";
import type { SourceOf } from "./installation.ts";

const row = z.object({
  name: z.string(),
  source: z.string(),
  body: z.string(),
});

/** A function of Duewatch as the database has it. */
export type PresentFunction = z.infer<typeof row>;

/** Reads the functions of Duewatch that are in the database. */
export async function readFunctions(
  database: ProjectDatabase,
): Promise<PresentFunction[]> {
  return z.array(row).parse(
    await database.read(`
      select coalesce(jsonb_agg(jsonb_build_object(
        'name', listed.name,
        'source', listed.source,
        'body', present.prosrc
      ) order by listed.position), '[]')
      from jobs.manifest() with ordinality
        as listed (kind, name, parent, source, privileges, definition, position)
      join pg_catalog.pg_proc as present
        on present.oid = case
          when listed.kind = 'function' and not exists (
            select 1
            from regexp_split_to_table(substring(listed.name from '\\((.+)\\)'), ', ') as argument (type)
            where to_regtype(argument.type) is null
          ) then to_regprocedure(listed.name)
        end`),
  );
}

// More of them are in no report that people read.
const NAMED = 3;

/**
 * Compares the functions in the database with those of this version.
 *
 * @param sourceOf gives the files of the schema with the project's names.
 */
export async function editedFunctions(
  present: readonly PresentFunction[],
  sourceOf: SourceOf,
): Promise<Fault[]> {
  const names: string[] = [];
  const statements: string[] = [];
  for (const { name, source, body } of present) {
    const text = await sourceOf(source);
    if (text === null || text.includes(body)) continue;
    names.push(name);
    statements.push(
      text.replace(/^create function /m, "create or replace function "),
    );
  }
  if (names.length === 0) return [];
  const [first] = names;
  const others = names.length <= NAMED
    ? names.slice(1).map((name) => `, ${name}`).join("")
    : ` and ${names.length - 1} others`;
  return [
    fault(
      "function_edited",
      `In the database, ${
        names.length === 1 ? "a function is" : "functions are"
      } not as this version has ${
        names.length === 1 ? "it" : "them"
      }: ${first}${others}.`,
      "Somebody has edited it there, or another state of this version was applied. " +
        `Look at it: select pg_get_functiondef('${first}'::regprocedure); ` +
        "To have the functions of this version back:",
      {
        command: "duewatch doctor --fix --restore",
        repair: { kind: "restore", statement: statements.join("\n") },
      },
    ),
  ];
}
