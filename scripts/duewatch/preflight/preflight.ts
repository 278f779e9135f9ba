import { objectsOf } from "../../schemas/manifest.ts";
import type { NameMap } from "../names/name_map.ts";
import type { PackageSources } from "../names/package_sources.ts";
import type { ProjectDatabase } from "./database.ts";
import type { Facts } from "./facts.ts";
import type { Finding } from "./finding.ts";
import { judgeServer } from "./judge_server.ts";
import { judgeTables } from "./judge_tables.ts";
import { lookAt } from "./look.ts";

/** What a database was looked at for. */
export interface PreflightInput {
  readonly map: NameMap;
  readonly sources: PackageSources;
  readonly zone: string | null;
  readonly migrations: readonly string[];
}

/** Looks at a project's database, and judges what was found. */
export async function preflight(
  database: ProjectDatabase,
  { map, sources, zone, migrations }: PreflightInput,
): Promise<{ readonly facts: Facts; readonly findings: Finding[] }> {
  const { domain, sources: { texts } } = sources;
  const facts = await lookAt(database, {
    map,
    domain,
    objects: objectsOf(texts),
    roles: [...texts.values()].flatMap((text) =>
      [...text.matchAll(/\bcreate role (\w+)/g)].map(([, name]) => name)
    ),
    entries: entriesOf(texts.values()),
    zone,
  });
  const server = judgeServer(facts, {
    migrations,
    zone,
    isMapped: map.size > 0,
  });
  return { facts, findings: [...server, ...judgeTables(facts, map, domain)] };
}

const ENTRY = /\('([a-z0-9-]+)', '(?:[\d*\/,-]+ ){4}[\d*\/,-]+'/g;
const REGISTERED = /\b(?:cron_)?job_name => '([^']+)'/g;

/** The names of the entries of pg_cron that our SQL schedules. */
export function entriesOf(texts: Iterable<string>): string[] {
  const names = new Set<string>();
  for (const text of texts) {
    for (const [, name] of text.matchAll(ENTRY)) names.add(name);
    if (!/^select jobs\.register\(/m.test(text)) continue;
    for (const [, name] of text.matchAll(REGISTERED)) names.add(name);
  }
  return [...names];
}
