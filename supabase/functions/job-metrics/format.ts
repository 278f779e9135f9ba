import type { Context } from "hono";
import { accepts } from "hono/accepts";
import type { MetricsQuery } from "./query.ts";

/** How the metrics are written; the last two are for Prometheus. */
export type Format = "json" | "text" | "openmetrics";

const FORMATS: Readonly<Record<string, Format>> = {
  "application/json": "json",
  "text/plain": "text",
  "application/openmetrics-text": "openmetrics",
};

/**
 * Chooses how to answer: as the query says, else as the header `Accept` does,
 * else in JSON.
 */
export function chooseFormat(query: MetricsQuery, context: Context): Format {
  switch (query.format) {
    case "json":
      return "json";
    case "prometheus":
      return "text";
    case undefined:
      return FORMATS[acceptedType(context)];
  }
}

function acceptedType(context: Context): string {
  return accepts(context, {
    header: "Accept",
    supports: Object.keys(FORMATS),
    default: "application/json",
  });
}
