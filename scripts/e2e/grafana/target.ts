import { z } from "zod";

/** The kinds of data sources, by the ids of their plugins. */
export const PLUGINS = {
  postgres: "grafana-postgresql-datasource",
  infinity: "yesoreyeram-infinity-datasource",
  prometheus: "prometheus",
} as const;

/** A query to the database. */
export const sqlQuery = z.object({
  refId: z.string(),
  editorMode: z.literal("code"),
  rawQuery: z.literal(true),
  format: z.enum(["table", "time_series"]),
  rawSql: z.string().min(1),
});

/** A query to job-metrics. */
export const infinityQuery = z.object({
  refId: z.string(),
  type: z.literal("json"),
  source: z.literal("url"),
  // The other parsers run in the browser, out of reach of alert rules.
  parser: z.literal("backend"),
  format: z.literal("table"),
  // Behind the address of the data source.
  url: z.string().startsWith("/"),
  url_options: z.object({
    method: z.literal("GET"),
    params: z.array(z.object({ key: z.string(), value: z.string() })),
  }),
  root_selector: z.string().min(1),
  columns: z.array(z.object({
    selector: z.string(),
    text: z.string(),
    type: z.enum(["string", "number", "timestamp"]),
  })).min(1),
});

/** A query to Prometheus. */
export const promQuery = z.object({
  refId: z.string(),
  editorMode: z.literal("code"),
  expr: z.string().min(1),
  legendFormat: z.string().default(""),
  instant: z.boolean(),
  range: z.boolean(),
});

const uid = z.string();

/** A query of a panel, with the data source that answers it. */
export const target = z.union([
  sqlQuery.extend({
    datasource: z.object({ type: z.literal(PLUGINS.postgres), uid }),
  }),
  infinityQuery.extend({
    datasource: z.object({ type: z.literal(PLUGINS.infinity), uid }),
  }),
  promQuery.extend({
    datasource: z.object({ type: z.literal(PLUGINS.prometheus), uid }),
  }),
]);

export type SqlQuery = z.output<typeof sqlQuery>;
export type InfinityQuery = z.output<typeof infinityQuery>;
export type PromQuery = z.output<typeof promQuery>;
export type Target = z.output<typeof target>;
