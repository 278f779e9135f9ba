import { MANIFEST, manifestSql, objectsOf } from "../../schemas/manifest.ts";
import type { Section } from "../../schemas/order.ts";
import type { Sources } from "../../schemas/sources.ts";
import { type Domain, isOfDomain } from "./domain.ts";
import { tableSql } from "./name_map.ts";
import type { Rendering } from "./project_names.ts";
import { renderSql } from "./render.ts";
import { literal } from "./tokens.ts";
import { viewFiles } from "./views.ts";

const BROUGHT = /if to_regclass\('public\.(\w+)'\) is null then/;
const CREATION =
  /^do \$migration\$\nbegin\n {2}if to_regclass[\s\S]*?^\$migration\$;/m;
const ADDS_COLUMNS = /\badd column if not exists /;
const DEFAULT_ZONE = "'Australia/Brisbane'";

/** Why jobs are paused that `duewatch install` has registered. */
export const NOT_TURNED_ON =
  "duewatch deploy turns it on when it has checked the functions and their keys.";

/** Writes the sources of our schema for one project. */
export function renderSources(
  sources: Sources,
  rendering: Rendering,
  domain: Domain,
): Sources {
  const { map } = rendering;
  const texts = new Map<string, string>();
  for (const [path, text] of sources.texts) {
    texts.set(
      path,
      renderFile(text, rendering, domain, isOfDomain(path, text)),
    );
  }
  const views = viewFiles(rendering, domain);
  const ours = map.size === 0
    ? sources.sections
    : withViews(sources, [...views.keys()]);
  const sections = [...ours, PAUSED_SECTION];
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
  isDomain = false,
): string {
  const brought = BROUGHT.exec(text)?.[1];
  if (brought !== undefined && map.has(brought)) {
    const rest = text.replace(
      CREATION,
      () => `-- Not created: ${tableSql(map, brought)} is there.`,
    );
    return renderSql(rest, map, domain, isDomain);
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
  return renderSql(zoned, map, domain, isDomain);
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

const ALTERED = /^alter table public\.(\w+)/m;

/**
 * Puts the views where every function can read them: as soon as their columns
 * are there. What adds columns comes right after the table that it adds them to.
 */
function withViews(
  { sections, texts }: Sources,
  views: readonly string[],
): Section[] {
  const adding = [...texts].filter(([, text]) => ADDS_COLUMNS.test(text));
  const tables = new Set(adding.map(([, text]) => ALTERED.exec(text)?.[1]));
  const last = [...texts]
    .filter(([, text]) => tables.has(BROUGHT.exec(text)?.[1]))
    .at(-1)?.[0];
  if (last === undefined) throw new Error("No file creates a table.");
  const moved = adding.map(([path]) => path);
  return sections.map((section) => {
    const files = section.files.filter((file) => !moved.includes(file));
    const place = files.indexOf(last);
    return {
      ...section,
      files: place < 0
        ? files
        : files.toSpliced(place + 1, 0, ...moved, ...views),
    };
  });
}
