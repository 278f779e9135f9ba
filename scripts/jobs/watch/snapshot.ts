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
  const runs = byId([...newest.data, ...running.data]);
  const outOfSight = (before?.running ?? []).filter(({ id }) => !runs.has(id));
  const ended = await Promise.all(
    outOfSight.map(({ id }) => client.findRun(id)),
  );
  return {
    health,
    running: running.data,
    runs: new Map([
      ...runs,
      ...byId(ended.flatMap((page) => page?.data ?? [])),
    ]),
  };
}

function byId(runs: readonly Run[]): Map<string, Run> {
  return new Map(runs.map((run) => [run.id, run]));
}
