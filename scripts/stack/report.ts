import { type StackConfig, stackUrls } from "./config.ts";
import type { StackKeys } from "./keys.ts";
import { type AgencyResult, type JobRun, MAIN_JOB } from "./runs.ts";
import { formatTable } from "./table.ts";

const MAX_AGENCIES = 40;

/** A run's log row and what it did for each agency, as text. */
export function formatRun(
  run: JobRun,
  agencies: readonly AgencyResult[],
): string {
  const facts: [string, string | null][] = [
    ["run", run.id],
    ["job", run.jobName],
    ["trigger", run.triggerSource],
    ["status", run.status],
    ["started", run.startedAt.toISOString()],
    ["duration", run.durationMs === null ? null : `${run.durationMs} ms`],
    ["records updated", String(run.recordsUpdated ?? 0)],
    ["agencies", itemsText(run)],
    ["error", run.errorMessage],
  ];
  const parts = [formatFacts(facts)];
  if (agencies.length > 0) parts.push(formatAgencies(agencies));
  return parts.join("\n\n");
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
  ];
  return [
    formatFacts(facts),
    "Trigger the job over HTTP:",
    `curl -X POST ${urls.functionsUrl}/${MAIN_JOB} \\\n` +
    `  -H 'X-API-Key: ${keys.jobsApiKey}'`,
  ].join("\n\n");
}

/** Names and values, one pair a line, without those that have no value. */
export function formatFacts(
  facts: readonly (readonly [string, string | null])[],
): string {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name.padEnd(width)}  ${value}`)
    .join("\n");
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
        value: (row) => String(row.becameOverdue),
      },
    ],
    agencies.slice(0, MAX_AGENCIES),
  );
  const more = agencies.length - MAX_AGENCIES;
  return more > 0 ? `${table}\n… and ${more} more agencies` : table;
}

function itemsText(run: JobRun): string | null {
  if (run.itemsTotal === null) return null;
  return `${run.itemsProcessed ?? 0} of ${run.itemsTotal} processed`;
}
