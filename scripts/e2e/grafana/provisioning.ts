import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { readText } from "../support/pages.ts";
import { promQuery, sqlQuery } from "./target.ts";

const FOLDER = "docs/monitoring/grafana";

/** Reads a YAML file of the folder. @throws when it is none. */
export async function readYaml(file: string): Promise<unknown> {
  return parse(await readText(join(FOLDER, file)), {
    strict: true,
    uniqueKeys: true,
  });
}

const datasources = z.object({
  apiVersion: z.literal(1),
  datasources: z.array(z.object({
    name: z.string(),
    uid: z.string(),
    type: z.string(),
    url: z.string(),
    user: z.string().optional(),
    jsonData: z.record(z.string(), z.unknown()),
    secureJsonData: z.record(z.string(), z.string()).default({}),
  })),
});

/** The data sources that are provisioned. */
export async function readDatasources() {
  const file = await readYaml("provisioning/datasources/duewatch.yaml");
  return datasources.parse(file).datasources;
}

const expression = z.object({
  refId: z.string(),
  datasourceUid: z.literal("__expr__"),
  model: z.object({
    refId: z.string(),
    type: z.literal("threshold"),
    expression: z.string(),
    conditions: z.tuple([z.object({
      evaluator: z.object({
        type: z.enum(["gt", "lt"]),
        params: z.tuple([z.number()]),
      }),
    })]),
  }),
});

const query = z.object({
  refId: z.string(),
  datasourceUid: z.string(),
  relativeTimeRange: z.object({ from: z.int(), to: z.int() }),
  model: z.union([sqlQuery, promQuery]),
});

const state = z.enum(["Alerting", "OK"]);

const rule = z.object({
  uid: z.string().regex(/^[a-z][a-z-]{1,39}$/),
  title: z.string(),
  condition: z.string(),
  for: z.string().regex(/^\d+m$/),
  noDataState: state,
  execErrState: state,
  annotations: z.record(z.string(), z.string()),
  dashboardUid: z.string(),
  panelId: z.int(),
  data: z.tuple([query, expression]),
});

const groups = z.object({
  apiVersion: z.literal(1),
  groups: z.array(z.object({
    orgId: z.literal(1),
    name: z.string(),
    folder: z.string(),
    interval: z.string(),
    rules: z.array(rule),
  })),
});

export type Rule = z.output<typeof rule>;

/** The alert rules that are provisioned. */
export async function readRules(): Promise<Rule[]> {
  const file = await readYaml("provisioning/alerting/duewatch.yaml");
  return groups.parse(file).groups.flatMap(({ rules }) => rules);
}
