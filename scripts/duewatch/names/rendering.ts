import { MANIFEST, manifestSql, objectsOf } from "../../schemas/manifest.ts";
import type { Section } from "../../schemas/order.ts";
import type { Sources } from "../../schemas/sources.ts";
import type { Domain } from "./domain.ts";
import { columnName, type NameMap, tableSql } from "./name_map.ts";
import { renderSql, VIEWS } from "./render.ts";
import { identifier, literal } from "./tokens.ts";

/** What a project's own migration says differently from ours. */
export interface Rendering {
  readonly map: NameMap;
  /** Columns of mapped tables that are there, by our names of the table. */
  readonly columns: ReadonlyMap<string, ReadonlySet<string>>;
  /** Zone of agencies that have none yet. */
  readonly defaultTimezone: string | null;
}

const BROUGHT = /if to_regclass\('public\.(\w+)'\) is null then/;
const ADDS_COLUMNS = /\badd column if not exists /;
const DEFAULT_ZONE = "'Australia/Brisbane'";

/** Why jobs are paused that `duewatch install` has registered. */
export const NOT_TURNED_ON =
  "Installed and not deployed yet: duewatch deploy turns it on when it has checked the functions and keys.";

/** Writes the sources of our schema for one project. */
export function renderSources(
  sources: Sources,
  rendering: Rendering,
  domain: Domain,
): Sources {
  const { map } = rendering;
  const texts = new Map<string, string>();
  for (const [path, text] of sources.texts) {
    texts.set(path, renderFile(text, rendering, domain));
  }
  const views = viewFiles(rendering, domain);
  const sections = withFilesAfter(
    [...sources.sections, PAUSED_SECTION],
    lastThatAdds(sources),
    [...views.keys()],
  );
  const all = new Map([...texts, ...views, [PAUSED_FILE, pausedSql()]]);
  const ordered = new Map(
    sections.flatMap(({ files }) => files)
      .map((file) => [file, all.get(file) ?? ""]),
  );
  if (map.size > 0) {
    ordered.set(MANIFEST, "comment on function jobs.manifest() is '';");
    ordered.set(MANIFEST, manifestSql(objectsOf(ordered)).trimEnd());
  }
  return { sections, texts: ordered };
}

/** Writes one file of SQL for a project: of the schema, a snippet, a check. */
export function renderFile(
  text: string,
  { map, defaultTimezone }: Rendering,
  domain: Domain,
): string {
  const brought = BROUGHT.exec(text)?.[1];
  if (brought !== undefined && map.has(brought)) {
    return `-- Not created: ${tableSql(map, brought)} is there.`;
  }
  const isDefault = brought === "agencies" || ADDS_COLUMNS.test(text);
  const zoned = isDefault && defaultTimezone !== null
    ? text.replaceAll(
      `default ${DEFAULT_ZONE}`,
      `default ${literal(defaultTimezone)}`,
    ).replaceAll(
      "Default Australia/Brisbane.",
      `Default ${defaultTimezone.replaceAll("'", "''")}.`,
    )
    : text;
  return renderSql(zoned, map, domain);
}

const PAUSED_FILE = "install/paused.sql";

const PAUSED_SECTION: Section = {
  heading: "Paused until it is deployed",
  purpose: [
    "The functions and their keys are not there yet. `duewatch deploy` resumes",
    "the jobs when it has checked them.",
    "Locks: nothing that exists.",
  ],
  files: [PAUSED_FILE],
};

function pausedSql(): string {
  return `select jobs.pause(
  job_name => definition.job_name,
  reason => ${literal(NOT_TURNED_ON)},
  requested_by => 'duewatch install'
)
from jobs.definitions as definition
where not exists (
  select 1
  from jobs.actions as present
  where present.job_name = definition.job_name
    and present.action = 'pause'
    and present.ended_at is null
);`;
}

/** The views with our names, by the path of their file. */
function viewFiles(
  { map, columns }: Rendering,
  domain: Domain,
): Map<string, string> {
  if (map.size === 0) return new Map();
  const files = new Map([[`names/${VIEWS}.sql`, SCHEMA]]);
  for (const table of map.keys()) {
    const present = columns.get(table) ?? new Set();
    const shown = [...domain.tables.get(table)?.keys() ?? []].filter(
      (column) => {
        const key = `${table}.${column}`;
        return domain.required.has(key) || domain.added.has(key) ||
          (domain.used.has(key) &&
            present.has(columnName(map, table, column)));
      },
    );
    files.set(`names/${table}.sql`, viewSql(table, shown, map));
  }
  return files;
}

const SCHEMA = `create schema ${VIEWS};

comment on schema ${VIEWS} is
  'The tables of this project under the names that Duewatch uses. Not exposed by the Data API.';

revoke all on schema ${VIEWS}
  from public, anon, authenticated, service_role;
grant usage on schema ${VIEWS}
  to authenticated, service_role;`;

function viewSql(
  table: string,
  columns: readonly string[],
  map: NameMap,
): string {
  const view = `${VIEWS}.${table}`;
  const lines = [
    // Statements find a row again by where it lies.
    "  stored.ctid",
    ...columns.map((column) => {
      const theirs = columnName(map, table, column);
      return `  stored.${identifier(theirs)} as ${identifier(column)}`;
    }),
  ];
  return `create view ${view}
with (security_invoker = true)
as
select
${lines.join(",\n")}
from ${tableSql(map, table)} as stored;

revoke all on table ${view}
  from public, anon, authenticated, service_role;
grant select on table ${view} to authenticated;
grant select, insert, update, delete on table ${view} to service_role;

comment on view ${view} is
  ${
    literal(
      `${tableSql(map, table)} with the names that Duewatch uses. ` +
        "Rights and policies are those of the table, for whoever reads it.",
    )
  };`;
}

/** The file after which every column of the domain is there. */
function lastThatAdds({ texts }: Sources): string {
  const files = [...texts].filter(([, text]) => ADDS_COLUMNS.test(text));
  const last = files.at(-1)?.[0];
  if (last === undefined) throw new Error("No file adds columns.");
  return last;
}

function withFilesAfter(
  sections: readonly Section[],
  file: string,
  added: readonly string[],
): Section[] {
  return sections.map((section) => {
    const place = section.files.indexOf(file);
    return place < 0 ? section : {
      ...section,
      files: section.files.toSpliced(place + 1, 0, ...added),
    };
  });
}
