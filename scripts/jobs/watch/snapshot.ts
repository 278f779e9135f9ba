import type { Health, Run } from "../api/answers.ts";
import type { JobsClient } from "../api/client.ts";
import { collectRuns } from "../api/paging.ts";

/** The state of all jobs at one moment. */
export interface Snapshot {
  readonly health: Health;
  /** Newest first. */
  readonly running: readonly Run[];
  /** The newest runs, those that ended lately, and those that run; by id. */
  readonly runs: ReadonlyMap<string, Run>;
}

// More than start between two looks.
const NEWEST_RUNS = 100;

/**
 * Looks at everything.
 *
 * @param before what was seen last: what ran then is looked up, however long
 *   ago it started.
 */
export async function takeSnapshot(
  client: JobsClient,
  before: Snapshot | null,
): Promise<Snapshot> {
  const [health, running, newest] = await Promise.all([
    client.health(),
    collectRuns(client, { status: "running" }),
    client.listRuns({ limit: NEWEST_RUNS }),
  ]);
  const runs = new Map(
    [...newest.data, ...running.data].map((run) => [run.id, run]),
  );
  const outOfSight = (before?.running ?? []).filter(({ id }) => !runs.has(id));
  const ended = await Promise.all(
    outOfSight.map(({ id }) => client.findRun(id)),
  );
  for (const run of ended.flatMap((page) => page?.data ?? [])) {
    runs.set(run.id, run);
  }
  return { health, running: running.data, runs };
}
