import type postgres from "postgres";
import { readKeys } from "../stack/keys.ts";
import { stackUrls } from "../stack/stack.ts";
import { statePaths } from "../stack/state_dir.ts";
import type { BenchContext } from "./bench.ts";
import { type Finding, formatNumber, inMs } from "./finding.ts";
import { loadJobLog } from "./job_log_data.ts";
import { elapsedMs, repeated } from "./measure.ts";
import { AT_ONCE, type ReadRequest, readRequests } from "./read_requests.ts";
import { median, quantile } from "./statistics.ts";

const WARM_UP = 3;

/**
 * Asks once, and reads the whole answer.
 *
 * @returns milliseconds.
 * @throws Error when the answer is not what was asked for.
 */
type Ask = (request: ReadRequest, turn: number) => Promise<number>;

/**
 * How long requests that read the log of the jobs take over HTTP: 20 at once, and
 * one at a time. Each request is timed from its beginning to the last byte of
 * its answer, in the process that asks.
 */
export async function metrics(context: BenchContext): Promise<Finding[]> {
  const { sql, scale, progress, checkpoint } = context;
  progress.step(`metrics: loading ${formatNumber(scale.runs)} runs`);
  await loadJobLog(sql, scale);
  await checkpoint();

  const ask = await connect(context);
  const findings: Finding[] = [];
  for (const request of await readRequests(sql)) {
    progress.step(`metrics: ${request.name}`);
    const atOnce = await inRounds(scale.reads, AT_ONCE, request, ask);
    const alone = await inRounds(2 * scale.reads, 1, request, ask);
    const inDatabase = await databaseMs(sql, request, scale.reads);
    findings.push(...findingsOf(request, { atOnce, alone, inDatabase }));
  }
  return findings;
}

async function connect({ stack }: BenchContext): Promise<Ask> {
  const { functionsUrl } = stackUrls(stack.config);
  const keys = await readKeys(statePaths(stack.config).keysFile);
  return async ({ paths, withKey, status, isRight }, turn) => {
    const path = paths[turn % paths.length];
    const begin = performance.now();
    const response = await fetch(`${functionsUrl}/${path}`, {
      headers: withKey ? { "X-API-Key": keys?.readKey ?? "" } : {},
    });
    const bytes = await response.bytes();
    const ms = performance.now() - begin;
    // Only in the first round: reading an answer would hold up those that are
    // being timed.
    const isRead = turn < AT_ONCE;
    const isAsWanted = response.status === status &&
      (!isRead || isRight(new TextDecoder().decode(bytes)));
    if (isAsWanted) return ms;
    throw new Error(
      `${path} was answered with ${response.status}: ` +
        new TextDecoder().decode(bytes.slice(0, 500)),
    );
  };
}

/** The milliseconds of every request of the measured rounds. */
async function inRounds(
  rounds: number,
  atOnce: number,
  request: ReadRequest,
  ask: Ask,
): Promise<number[]> {
  const times = await repeated(rounds, WARM_UP, (round) => {
    const first = round * atOnce;
    const turns = Array.from({ length: atOnce }, (_, n) => first + n);
    return Promise.all(turns.map((turn) => ask(request, turn)));
  });
  return times.flat();
}

/** The median of what the database takes alone, if that is of interest. */
async function databaseMs(
  sql: postgres.Sql,
  { statement }: ReadRequest,
  calls: number,
): Promise<number | null> {
  if (statement === undefined) return null;
  return median(
    await repeated(calls, WARM_UP, () => elapsedMs(sql, statement)),
  );
}

function findingsOf(
  { name, wantedMs }: ReadRequest,
  { atOnce, alone, inDatabase }: {
    readonly atOnce: readonly number[];
    readonly alone: readonly number[];
    readonly inDatabase: number | null;
  },
): Finding[] {
  const wanted = wantedMs === undefined ? undefined : { atMost: wantedMs };
  const detail = inDatabase === null
    ? undefined
    : `the database alone ${formatNumber(inDatabase)} ms`;
  return [
    inMs(`${name}: ${AT_ONCE} at once, p50`, quantile(atOnce, 0.5)),
    inMs(`${name}: ${AT_ONCE} at once, p95`, quantile(atOnce, 0.95), {
      wanted,
    }),
    inMs(`${name}: one at a time, p50`, quantile(alone, 0.5), { detail }),
    inMs(`${name}: one at a time, p95`, quantile(alone, 0.95)),
  ];
}
