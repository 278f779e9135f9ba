import {
  type Deployed,
  extensionsToDrop,
  type FolderContent,
  type Leftovers,
} from "./content.ts";

/** Says what goes, and what cannot be taken back. */
export function uninstallText(
  content: FolderContent,
  found: Leftovers | null,
  database: string | null,
  deployed: Deployed | null,
): string {
  return [
    ...found === null
      ? ["No database will be touched."]
      : databaseLines(content, found, database ?? ""),
    ...deployedLines(deployed),
    "",
    `Out of ${content.project.supabaseDir}:`,
    `  ${content.ours.length} files, and what was added to config.toml`,
    ...content.edited.map((path) =>
      `  ! supabase/${path} is not as Duewatch wrote it, and stays`
    ),
  ].join("\n");
}

function databaseLines(
  { state }: FolderContent,
  found: Leftovers,
  database: string,
): string[] {
  const ofOthers = found.has_schema && !found.is_installed
    ? ["The schema jobs stays, because it is not one of Duewatch."]
    : [];
  if (!found.is_installed && found.secrets.length === 0) {
    return [`Nothing of Duewatch is in ${database}.`, ...ofOthers];
  }
  const columns = found.added.filter((name) => name.startsWith("column "));
  const tables = found.added.filter((name) => name.startsWith("table "));
  const extensions = extensionsToDrop(state, found);
  return [
    `Out of ${database}, in one transaction:`,
    ...ofOthers.length > 0 ? [] : [
      "  the schema jobs, the functions, views and triggers, the entries of pg_cron,",
    ],
    `  ${
      ofOthers.length > 0 ? "" : "and "
    }the migrations of Duewatch from the list of what was applied`,
    ...tables.length === 0 ? [] : [
      `  if they are empty and nothing else needs them: ${tables.join(", ")}`,
    ],
    ...found.secrets.length === 0
      ? []
      : [`  from Vault: ${found.secrets.join(", ")}`],
    ...extensions.length === 0
      ? []
      : [`  the extensions that came with it: ${extensions.join(", ")}`],
    ...ofOthers,
    "Your rows stay as they are. What is overdue stays overdue.",
    "",
    "This cannot be taken back:",
    `  the log of ${found.runs.toLocaleString("en")} ${
      found.runs === 1 ? "run" : "runs"
    }, with alerts and history`,
    ...columns.map((name) => `  ${name} with its values`),
    ...state.values.map((value) =>
      `  a value of an enum stays, because Postgres cannot remove it: ${value}`
    ),
  ];
}

function deployedLines(deployed: Deployed | null): string[] {
  if (deployed === null) return [];
  const { project, functions, secrets } = deployed;
  if (functions.length + secrets.length === 0) return [];
  return [
    "",
    `Out of the functions of ${project.ref}:`,
    ...functions.length === 0 ? [] : [`  ${functions.join(", ")}`],
    ...secrets.length === 0 ? [] : [`  the secrets ${secrets.join(", ")}`],
    "  Other secrets stay: functions of yours may use them.",
  ];
}
