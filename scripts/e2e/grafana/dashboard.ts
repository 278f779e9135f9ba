import { join } from "node:path";
import { z } from "zod";
import { readText } from "../support/pages.ts";
import { config } from "../support/stack.ts";
import { target } from "./target.ts";

const FOLDER = "docs/monitoring/grafana/dashboards";

const datasource = z.object({ type: z.string(), uid: z.string() });

const place = z.object({
  x: z.int().min(0),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
});

const row = z.object({
  id: z.int(),
  type: z.literal("row"),
  title: z.string().min(1),
  gridPos: place,
});

const panel = z.object({
  id: z.int(),
  type: z.enum(["stat", "table", "timeseries"]),
  title: z.string().min(1),
  description: z.string().min(1),
  datasource,
  gridPos: place,
  targets: z.array(target).min(1),
  fieldConfig: z.object({
    defaults: z.record(z.string(), z.unknown()),
    overrides: z.array(z.object({
      matcher: z.object({
        id: z.enum(["byName", "byRegexp"]),
        options: z.string(),
      }),
      properties: z.array(z.object({ id: z.string(), value: z.unknown() })),
    })),
  }),
  options: z.object({
    reduceOptions: z.object({ values: z.boolean(), fields: z.string() })
      .optional(),
  }),
});

const variable = z.object({
  name: z.string(),
  type: z.literal("query"),
  datasource,
  query: z.string(),
  definition: z.string(),
});

const dashboard = z.object({
  uid: z.string().regex(/^[a-z][a-z-]{1,39}$/),
  title: z.string().min(1),
  // Of Grafana 13.2; an older one is migrated when it is loaded.
  schemaVersion: z.literal(42),
  templating: z.object({ list: z.array(variable) }),
  panels: z.array(z.union([row, panel])),
});

export type Panel = z.output<typeof panel>;

/** A dashboard, as Grafana reads it from its file. */
export interface Dashboard {
  readonly file: string;
  readonly text: string;
  readonly uid: string;
  readonly variables: readonly z.output<typeof variable>[];
  /** All but the headings between them. */
  readonly panels: readonly Panel[];
  /** Ids of panels and headings. */
  readonly ids: readonly number[];
  /** Where panels and headings are. */
  readonly places: readonly z.output<typeof place>[];
}

/**
 * Reads the dashboards of the folder that Grafana is provisioned from.
 *
 * @throws when one has a part that the tests do not know.
 */
export async function readDashboards(): Promise<Dashboard[]> {
  const files: string[] = [];
  for await (const { name } of Deno.readDir(join(config.repoDir, FOLDER))) {
    files.push(join(FOLDER, name));
  }
  return await Promise.all(files.sort().map(readDashboard));
}

async function readDashboard(file: string): Promise<Dashboard> {
  const text = await readText(file);
  const { uid, templating, panels } = dashboard.parse(JSON.parse(text));
  return {
    file,
    text,
    uid,
    variables: templating.list,
    panels: panels.filter((each) => each.type !== "row"),
    ids: panels.map(({ id }) => id),
    places: panels.map(({ gridPos }) => gridPos),
  };
}
