import { scaleBand, scaleSqrt } from "d3-scale";
import type { RecentRun } from "../api/client.ts";
import { toTheSecond } from "../format/instants.ts";
import { duration } from "../format/text.ts";
import { go } from "../state/route.ts";

/** How many runs it shows. */
export const RUNS = 60;

const WIDTH = 300;
const HEIGHT = 32;
const LEAST = 4;

/** The last runs of a job as bars: height is duration, colour and shape outcome. */
export function Sparkline(
  { runs, jobName }: {
    readonly runs: readonly RecentRun[];
    readonly jobName: string;
  },
) {
  if (runs.length === 0) return <span class="muted">no run yet</span>;
  const slots = Array.from({ length: RUNS }, (_, slot) => slot);
  const x = scaleBand(slots, [0, WIDTH]).padding(0.2);
  const longest = Math.max(1, ...runs.map(({ durationMs }) => durationMs ?? 0));
  // The root lets one long run not flatten all others.
  const height = scaleSqrt([0, longest], [LEAST, HEIGHT]);
  const offset = RUNS - runs.length;
  const failed = runs.filter(({ status }) => status === "failed").length;
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`The last ${runs.length} runs of ${jobName}: ${failed} failed, the longest took ${
        duration(longest)
      }`}
    >
      {runs.map((run, index) => {
        const bar = run.status === "running"
          ? HEIGHT
          : height(run.durationMs ?? 0);
        return (
          // A short cut for the mouse. The list of runs leads everybody there.
          <g key={run.id} onClick={() => go(["runs", run.id])}>
            <title>{titleOf(run)}</title>
            <rect
              class={`bar bar-${stateOf(run)}`}
              x={x(index + offset)}
              y={HEIGHT - bar}
              width={x.bandwidth()}
              height={bar}
            />
            {run.status === "failed" && (
              // A notch on top, for those who do not tell the colours apart.
              <rect
                class="notch"
                x={x(index + offset)}
                y={0}
                width={x.bandwidth()}
                height={3}
              />
            )}
          </g>
        );
      })}
    </svg>
  );
}

function stateOf({ status, itemsFailed }: RecentRun): string {
  return status === "success" && itemsFailed > 0 ? "degraded" : status;
}

function titleOf(run: RecentRun): string {
  const took = run.durationMs === null ? "" : ` in ${duration(run.durationMs)}`;
  const items = run.itemsFailed > 0 ? `, ${run.itemsFailed} items failed` : "";
  return `${toTheSecond(run.startedAt)} UTC: ${run.status}${took}${items}`;
}
