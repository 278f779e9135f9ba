import { statementsOf } from "./statements.ts";

/** The file that `npm run migration` writes: what an installation consists of. */
export const MANIFEST = "manifest.sql";

/** One object of an installation. */
export interface SchemaObject {
  readonly kind:
    | "schema"
    | "table"
    | "view"
    | "type"
    | "function"
    | "index"
    | "trigger"
    | "policy";
  /** As Postgres reads it: `jobs.setting(text)`, `jobs.alerts`. */
  readonly name: string;
  /** The table of an index, trigger or policy. */
  readonly parent: string | null;
  /** Path of its file below `supabase/schemas`. */
  readonly source: string;
  /** The statement that creates an index, trigger or policy. */
  readonly definition: string | null;
  /** Who may do what, as `role privilege`; of the owner nothing is said. */
  readonly privileges: readonly string[];
}

// A project may have names with spaces, which stand between quotes.
const PART = String.raw`(?:"(?:[^"]|"")*"|[^\s".(]+)`;
const PARENT = String.raw`(?<parent>${PART}(?:\.${PART})*)`;

const CREATED: Readonly<Record<string, RegExp>> = {
  schema: /^create schema (?<name>\S+)$/,
  table: /^create table (?<name>\S+) \(/,
  view: /^create view (?<name>\S+) /,
  type: /^create type (?<name>\S+) as /,
  // The comment names the function as it is called in `drop function`.
  function: /^comment on function (?<name>[^(]+\(.*?\)) is /,
  index: new RegExp(
    String.raw`^create (?:unique )?index (?<name>[^ "]+) on ${PARENT}`,
  ),
  trigger: new RegExp(
    String.raw`^create (?:constraint )?trigger (?<name>\S+) .*? on ${PARENT}`,
  ),
  policy: new RegExp(
    String.raw`^create policy (?<name>"[^"]+") on ${PARENT}`,
  ),
};

const GRANT =
  /^grant (?<privileges>[a-z, ]+) on (?:function|table|schema) (?<name>.+) to (?<roles>[a-z_, ]+)$/;

/**
 * Finds the objects that files create at their top level, with what is granted
 * on them. What a `do` block creates only where it is missing is not listed:
 * the migration records it in `jobs.installed_objects`.
 *
 * @param files path and text, in the order of creation.
 */
export function objectsOf(
  files: ReadonlyMap<string, string>,
): SchemaObject[] {
  const objects: (SchemaObject & { readonly privileges: string[] })[] = [];
  const grants: { name: string; privileges: string[] }[] = [];
  for (const [source, text] of files) {
    for (const statement of statementsOf(text)) {
      const line = oneLine(statement);
      for (const [kind, pattern] of Object.entries(CREATED)) {
        const groups = pattern.exec(line)?.groups;
        if (groups === undefined) continue;
        const parent = groups.parent ?? null;
        objects.push({
          kind: kind as SchemaObject["kind"],
          name: kind === "index"
            ? `${parent?.split(".")[0]}.${groups.name}`
            : groups.name.replaceAll('"', ""),
          parent,
          source,
          definition: parent === null ? null : line,
          privileges: [],
        });
      }
      const granted = GRANT.exec(line)?.groups;
      if (granted !== undefined) {
        grants.push({
          name: granted.name,
          privileges: granted.roles.split(", ").flatMap((role) =>
            granted.privileges.split(", ").map((right) => `${role} ${right}`)
          ),
        });
      }
    }
  }
  for (const { name, privileges } of grants) {
    objects.find((object) => object.name === name)?.privileges.push(
      ...privileges,
    );
  }
  return objects;
}

/** Writes `jobs.manifest()`, which lists the objects of an installation. */
export function manifestSql(objects: readonly SchemaObject[]): string {
  const rows = objects.map((object) => {
    const { kind, name, parent, source, privileges, definition } = object;
    const values = [
      kind,
      name,
      parent,
      source,
      `{${[...privileges].sort().map((right) => `"${right}"`).join(",")}}`,
      definition,
    ];
    return `    (${values.map(literal).join(", ")})`;
  });
  return `-- Written by \`npm run migration\` from the files in supabase/schemas.

create function jobs.manifest()
returns table (kind text, name text, parent text, source text, privileges text[], definition text)
language sql
immutable
set search_path = ''
as $function$
  select
    object.kind,
    object.name,
    object.parent,
    object.source,
    object.privileges::text[],
    object.definition
  from (values
${rows.join(",\n")}
  ) as object (kind, name, parent, source, privileges, definition);
$function$;

revoke all on function jobs.manifest()
  from public, anon, authenticated, service_role;

comment on function jobs.manifest() is
  'What this version of Duewatch consists of, for supabase/verify.sql and the rollback. parent: the table of an index, '
  'trigger or policy, and definition: the statement that creates it. source: its file in supabase/schemas. privileges: '
  'what roles other than the owner may do. What is added to the domain only where it is missing is not listed: see '
  'jobs.installed_objects.';
`;
}

function oneLine(statement: string): string {
  return statement
    .replace(/--[^\n]*/g, " ")
    .replace(/\s+/g, " ")
    .replaceAll("( ", "(")
    .replaceAll(" )", ")");
}

function literal(value: string | null): string {
  return value === null ? "null" : `'${value.replaceAll("'", "''")}'`;
}
