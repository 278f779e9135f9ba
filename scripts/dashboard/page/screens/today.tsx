import { type HealthReport, readHealth } from "../api/client.ts";
import type { ChangedClock } from "../api/data.ts";
import { session } from "../api/session.ts";
import { problemsOf, summary, verdict } from "../format/problems.ts";
import { count } from "../format/text.ts";
import { useQuestion } from "../state/query.ts";
import { RUNS } from "../ui/sparkline.tsx";
import { Icon } from "../ui/icon.tsx";
import { Loaded } from "../ui/states.tsx";
import { Ago } from "../ui/time.tsx";
import { ChangedClocks, useChangedClocks } from "./today/clocks.tsx";
import { Channels } from "./today/channels.tsx";
import { Jobs } from "./today/jobs.tsx";
import { ProblemCard } from "./today/problem.tsx";

const EVERY_MS = 15_000;
const EVERY_WHILE_RUNNING_MS = 2000;

/** The health of the jobs, for each screen that shows some of it. */
export function useHealth() {
  return useQuestion({
    key: ["health"],
    read: (signal) => readHealth({ recentRuns: RUNS, incidentLog: 50 }, signal),
    every: (health) =>
      health?.jobs.some(({ lastRun }) => lastRun?.status === "running")
        ? EVERY_WHILE_RUNNING_MS
        : EVERY_MS,
  });
}

/** Is all well? And if not, what is wrong, and what to do about it. */
export function Today() {
  const { value } = session;
  return value.kind === "in" && value.access.data
    ? <WithClocks />
    : <Health clocks={[]} />;
}

// The functions name no agency, so the database is asked at the same time.
function WithClocks() {
  const { data = [] } = useChangedClocks();
  return <Health clocks={data} />;
}

function Health({ clocks }: { readonly clocks: readonly ChangedClock[] }) {
  return (
    <Loaded result={useHealth()} what="the health of the jobs">
      {(health) => <Report health={health} clocks={clocks} />}
    </Loaded>
  );
}

function changed(clocks: number): string {
  return `${
    count(clocks, "agency has", "agencies have")
  } another time zone or cut-off than lately: is that right?`;
}

const TONES = { ok: "good", warning: "warning", critical: "bad" } as const;
const ICONS = { ok: "ok", warning: "warning", critical: "failed" } as const;

function Report(
  { health, clocks }: {
    readonly health: HealthReport;
    readonly clocks: readonly ChangedClock[];
  },
) {
  const problems = problemsOf(health);
  return (
    <>
      <header class={`verdict tone-${TONES[health.status]}`}>
        <Icon name={ICONS[health.status]} />
        <div>
          <h1>{verdict(health)}</h1>
          <p class="muted">
            {summary(health)} {clocks.length > 0 && changed(clocks.length)}{" "}
            Checked <Ago at={health.checkedAt} />. Duewatch {health.version}.
          </p>
        </div>
      </header>
      {problems.length > 0 && (
        <section aria-labelledby="wrong">
          <h2 id="wrong">What is wrong</h2>
          <ol class="problems">
            {problems.map((problem, index) => (
              <ProblemCard
                isFirst={index === 0}
                key={`${problem.jobName} ${problem.code} ${problem.message}`}
                problem={problem}
                health={health}
              />
            ))}
          </ol>
        </section>
      )}
      <ChangedClocks clocks={clocks} />
      <Jobs health={health} />
      <Channels channels={health.channels} />
    </>
  );
}
