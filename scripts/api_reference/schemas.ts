import { z } from "zod";
import { errorBody } from "../../supabase/functions/_shared/http/errors.ts";
import {
  healthReport,
  jobReport,
} from "../../supabase/functions/check-job-health/report.ts";
import { page, run } from "../../supabase/functions/job-logs/runs.ts";
import {
  agencyTotal,
  channelBacklog,
  dailyRuns,
  jobStatus,
  jobSummary,
  metrics,
  runPoint,
} from "../../supabase/functions/job-metrics/metrics.ts";
import { successOf } from "./operation.ts";
import { anyJob } from "./operations/any_job.ts";
import { updateInstallmentStatuses } from "./operations/update_installment_statuses.ts";

/** A JSON Schema in the dialect of OpenAPI 3.1. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const NAMED: Readonly<Record<string, z.ZodType>> = {
  Error: errorBody,
  UpdateResult: successOf(updateInstallmentStatuses).schema,
  JobResult: successOf(anyJob).schema,
  HealthReport: healthReport,
  JobReport: jobReport,
  Metrics: metrics,
  JobSummary: jobSummary,
  DailyRuns: dailyRuns,
  RunPoint: runPoint,
  AgencyTotal: agencyTotal,
  JobStatus: jobStatus,
  ChannelBacklog: channelBacklog,
  RunPage: page,
  Run: run,
};

const names = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(NAMED)) names.add(schema, { id });

/** @returns the schemas that have a name in the document, by it. */
export function namedSchemas(): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(names, { ...OPTIONS, uri: referenceTo });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, withoutIds(schema)]),
  );
}

/** @returns a reference to a schema that has a name, or the schema itself. */
export function jsonSchema(schema: z.ZodType): JsonSchema {
  const name = names.get(schema)?.id;
  return name === undefined
    ? withoutIds(z.toJSONSchema(schema, OPTIONS))
    : { $ref: referenceTo(name) };
}

const OPTIONS = {
  // The form that is sent to a function; the form that it sends is the same.
  io: "input",
  override: ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }) => {
    // The format already says the same.
    if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
    // Every whole number of JSON is meant.
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) {
      delete jsonSchema.maximum;
    }
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) {
      delete jsonSchema.minimum;
    }
  },
} as const;

function referenceTo(name: string): string {
  return `#/components/schemas/${name}`;
}

function withoutIds(
  { $id: _id, $schema: _dialect, ...schema }: z.core.JSONSchema.BaseSchema,
): JsonSchema {
  return schema;
}
