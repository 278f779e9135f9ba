import { failedItemText, runFacts } from "../jobs/render/run_facts.ts";
import { type StackConfig, stackUrls } from "./config.ts";
import { formatFacts } from "./facts.ts";
import type { StackKeys } from "./keys.ts";
import { type AgencyResult, type JobRun, MAIN_JOB } from "./runs.ts";
import { PEOPLE, type Person } from "./people.ts";
import { formatTable } from "./table.ts";

const MAX_AGENCIES = 40;
const MAX_FAILED_ITEMS = 10;

/** A run's log row and what it did for each agency, as text. */
export function formatRun(
  run: JobRun,
  agencies: readonly AgencyResult[],
): string {
  const startedAt = run.startedAt.toISOString();
  const parts = [formatFacts(runFacts({ ...run, startedAt }))];
  if (agencies.length > 0) parts.push(formatAgencies(agencies));
  if (run.errors.length > 0) parts.push(formatFailedItems(run));
  return parts.join("\n\n");
}

function formatFailedItems({ errors, itemsFailed }: JobRun): string {
  const more = itemsFailed - MAX_FAILED_ITEMS;
  return [
    "Failed items",
    ...errors.slice(0, MAX_FAILED_ITEMS).map(failedItemText),
    ...more > 0 ? [`… and ${more} more`] : [],
  ].join("\n");
}

/** Where everything is, with a first request to try. */
export function formatAddresses(config: StackConfig, keys: StackKeys): string {
  const urls = stackUrls(config);
  const facts: [string, string][] = [
    ["API", urls.apiUrl],
    ["functions", urls.functionsUrl],
    ["database", urls.databaseUrl],
    ["job key", keys.jobsApiKey],
    ["read key", keys.readKey],
    ["publishable key", keys.publishableKey],
    ["secret key", keys.secretKey],
    ["admin", signInOf(PEOPLE.admin)],
    ["member", signInOf(PEOPLE.member)],
  ];
  return [
    formatFacts(facts),
    "See the jobs in the browser:",
    "npm run dashboard",
    "Trigger the job over HTTP:",
    `curl -X POST ${urls.functionsUrl}/${MAIN_JOB} \\\n` +
    `  -H 'X-API-Key: ${keys.jobsApiKey}'`,
  ].join("\n\n");
}

function signInOf({ email, password, purpose }: Person): string {
  return `${email}, password ${password}: ${purpose}`;
}

function formatAgencies(agencies: readonly AgencyResult[]): string {
  const table = formatTable<AgencyResult>(
    [
      { title: "agency", value: (row) => row.name },
      { title: "time zone", value: (row) => row.timezone },
      { title: "local time", value: (row) => row.localTime },
      { title: "cut-off", value: (row) => row.cutOff.slice(0, 5) },
      {
        title: "became overdue",
        align: "right",
        value: ({ hasFailed, becameOverdue }) =>
          hasFailed ? "failed" : String(becameOverdue),
      },
    ],
    agencies.slice(0, MAX_AGENCIES),
  );
  const more = agencies.length - MAX_AGENCIES;
  return more > 0 ? `${table}\n… and ${more} more agencies` : table;
}
