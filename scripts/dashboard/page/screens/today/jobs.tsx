import { nextRunOf } from "../../../../jobs/next_run.ts";
import { ActionButton } from "../../actions/button.tsx";
import type { HealthReport, JobReport } from "../../api/client.ts";
import { count, duration, number, scheduleInWords } from "../../format/text.ts";
import { now } from "../../state/clock.ts";
import { href } from "../../state/route.ts";
import { Badge } from "../../ui/badge.tsx";
import { Icon } from "../../ui/icon.tsx";
import { RUNS, Sparkline } from "../../ui/sparkline.tsx";
import { Empty } from "../../ui/states.tsx";
import { Name } from "../../ui/text.tsx";
import { Ago, At, BothTimes } from "../../ui/time.tsx";

/** Each job with its schedule, its last and next run, and its history. */
export function Jobs({ health }: { readonly health: HealthReport }) {
  return (
    <section aria-labelledby="jobs">
      <h2 id="jobs">Jobs</h2>
      {health.jobs.length === 0
        ? (
          <Empty title="No job is registered.">
            A migration registers jobs with <code>jobs.register()</code>.
          </Empty>
        )
        : (
          <div class="jobs">
            {worstFirst(health.jobs).map((job) => (
              <Job key={job.jobName} job={job} health={health} />
            ))}
          </div>
        )}
    </section>
  );
}

const SEVERITIES = ["critical", "warning", "ok"];

function worstFirst(jobs: readonly JobReport[]): JobReport[] {
  return jobs.toSorted((a, b) =>
    SEVERITIES.indexOf(a.status) - SEVERITIES.indexOf(b.status)
  );
}

function Job(
  { job, health }: { readonly job: JobReport; readonly health: HealthReport },
) {
  const { jobName, lastRun, paused, snoozed } = job;
  const running = lastRun?.status === "running" ? lastRun : null;
  return (
    <article class="card job" aria-label={jobName}>
      <div class="job-head">
        <h3>
          <a href={href(["runs"], { job: jobName })}>
            <Name>{jobName}</Name>
          </a>
        </h3>
        <Badge state={job.status} />
        {!job.enabled && job.registered && <Badge state="disabled" />}
        {paused && <Badge state="paused" />}
        {snoozed && <Badge state="snoozed" />}
      </div>
      <dl class="job-facts">
        <Schedule job={job} />
        <LastRun job={job} />
        <NextRun job={job} health={health} />
        <div class="fact">
          <dt>30 days</dt>
          <dd>
            {job.successRate30d === null
              ? <span class="muted">no run has ended</span>
              : `${number(job.successRate30d)} % succeeded`}
            <span class="muted">
              {count(job.runs30d, "run")}, {number(job.failedRuns30d)} failed
            </span>
          </dd>
        </div>
      </dl>
      <div class="job-history">
        <Sparkline runs={job.recentRuns ?? []} jobName={jobName} />
        {(job.recentRuns?.length ?? 0) > 0 && (
          <p class="muted small-text">
            last{" "}
            {count(Math.min(RUNS, job.recentRuns?.length ?? 0), "run")}, height
            = duration
          </p>
        )}
      </div>
      {paused && <InForce what="Paused" job={paused} />}
      {snoozed && <InForce what="Snoozed" job={snoozed} />}
      {job.registered && (
        <div class="buttons">
          {running
            ? (
              <ActionButton
                asked={{ action: "cancel", jobName, runId: running.id }}
              />
            )
            : <ActionButton asked={{ action: "run", jobName }} />}
          <ActionButton
            asked={{ action: paused ? "resume" : "pause", jobName }}
          />
          <ActionButton
            asked={{ action: snoozed ? "unsnooze" : "snooze", jobName }}
          />
          <a class="button small ghost" href={href(["runs"], { job: jobName })}>
            <Icon name="list" /> Runs
          </a>
        </div>
      )}
    </article>
  );
}

function Schedule({ job: { schedule } }: { readonly job: JobReport }) {
  return (
    <div class="fact">
      <dt>Schedule</dt>
      <dd>
        {schedule === null ? <span class="muted">not registered</span> : (
          <>
            {scheduleInWords(schedule) ?? schedule} UTC
            <code class="muted">{schedule}</code>
          </>
        )}
      </dd>
    </div>
  );
}

function LastRun(
  { job: { lastRun, recentRuns } }: { readonly job: JobReport },
) {
  if (lastRun === null) {
    return (
      <div class="fact">
        <dt>Last run</dt>
        <dd class="muted">never</dd>
      </div>
    );
  }
  const { id, status, startedAt, durationMs, recordsUpdated, itemsTotal } =
    lastRun;
  const progress = recentRuns?.find((run) => run.id === id);
  return (
    <div class="fact">
      <dt>Last run</dt>
      <dd>
        <a href={href(["runs", id])}>
          <Ago at={startedAt} />
        </a>
        <Badge state={status} />
        <span class="muted">
          {status === "running"
            ? (
              <>
                {duration(Math.max(0, now.value - Date.parse(startedAt)))}{" "}
                so far
                {itemsTotal !== null && progress &&
                  `, ${number(progress.itemsProcessed ?? 0)} of ${
                    number(itemsTotal)
                  } items`}
              </>
            )
            : (
              <>
                {durationMs !== null && `took ${duration(durationMs)}, `}
                {count(recordsUpdated ?? 0, "record")} changed
              </>
            )}
        </span>
      </dd>
    </div>
  );
}

function NextRun(
  { job, health }: { readonly job: JobReport; readonly health: HealthReport },
) {
  const next = nextRunOf(job, health, new Date(now.value));
  return (
    <div class="fact">
      <dt>Next run</dt>
      <dd>
        {next === null
          ? (
            <span class="muted">
              {job.paused ? "when it is resumed" : "nothing would start it"}
            </span>
          )
          : (
            <>
              <Ago at={next} /> <BothTimes at={next} />
            </>
          )}
      </dd>
    </div>
  );
}

function InForce(
  { what, job }: {
    readonly what: string;
    readonly job: NonNullable<JobReport["paused"]>;
  },
) {
  return (
    <p class="notice tone-quiet">
      <Icon name={what === "Paused" ? "paused" : "bell-off"} />
      <span>
        {what} by <bdi>{job.requestedBy}</bdi> <Ago at={job.requestedAt} />,
        {" "}
        {job.until
          ? (
            <>
              until <At at={job.until} />
            </>
          )
          : "until somebody ends it"}: <bdi>{job.reason}</bdi>
      </span>
    </p>
  );
}
