import { z } from "zod";
import { instant, jobName, wholeNumber } from "../_shared/http/parameters.ts";

const DEFAULT_DAYS = 30;
const MAX_WINDOW_DAYS = 366;

/** The query of the metrics. */
export const metricsQuery = z
  .strictObject({
    jobName: jobName
      .optional()
      .describe("One job; without it, all."),
    days: wholeNumber(1, 365)
      .optional()
      .describe(
        "The window: so many times 24 hours, up to now. " +
          `Default: ${DEFAULT_DAYS}.`,
      ),
    from: instant
      .optional()
      .describe(
        "Instead of `days`: runs that started at this instant or later " +
          `(ISO 8601). Default: ${DEFAULT_DAYS} days before \`to\`.`,
      ),
    to: instant
      .optional()
      .describe(
        "Instead of `days`: runs that started before this instant, at most " +
          `${MAX_WINDOW_DAYS} days after \`from\`. Default: now.`,
      ),
    format: z
      .enum(["json", "prometheus"], "must be json or prometheus")
      .optional()
      .describe(
        "Instead of the header `Accept`: `json`, or the text format of " +
          "Prometheus. Its counters have no window, so `days`, `from` and " +
          "`to` do not go with it.",
      ),
  })
  .refine(
    ({ days, from, to }) => days === undefined || !(from || to),
    "days does not go together with from or to",
  )
  .refine(
    ({ from, to }) => !from || from < (to ?? now()),
    "from must be earlier than to",
  )
  .refine(
    ({ from, to }) => !from || daysBetween(from, to) <= MAX_WINDOW_DAYS,
    `from may be at most ${MAX_WINDOW_DAYS} days before to`,
  );

export type MetricsQuery = z.output<typeof metricsQuery>;

/** Which runs count: those that started in `[fromAt, toAt)`. */
export interface Window {
  /** Undefined for 30 days before the end. */
  readonly fromAt: string | undefined;
  /** Undefined for the present, as the database's clock has it. */
  readonly toAt: string | undefined;
}

/** @returns the window that the query asks for. */
export function windowOf({ days, from, to }: MetricsQuery): Window {
  return from || to
    ? { fromAt: from, toAt: to }
    : { fromAt: daysAgo(days ?? DEFAULT_DAYS), toAt: undefined };
}

const DAY_MS = 24 * 60 * 60 * 1000;

function daysBetween(from: string, to = now()): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS;
}

function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString();
}

// To the microsecond, as instants in a query are.
function now(): string {
  return new Date().toISOString().replace("Z", "000Z");
}
