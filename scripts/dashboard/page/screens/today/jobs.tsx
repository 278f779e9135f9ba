import { ActionButton } from "../../actions/button.tsx";
import type { HealthReport, JobReport } from "../../api/client.ts";
import { useState } from "preact/hooks";
import { count } from "../../format/text.ts";
import { href } from "../../state/route.ts";
import { Badge } from "../../ui/badge.tsx";
import { Icon } from "../../ui/icon.tsx";
import { RUNS, Sparkline } from "../../ui/sparkline.tsx";
import { Empty } from "../../ui/states.tsx";
import { Name } from "../../ui/text.tsx";
import { Ago, At } from "../../ui/time.tsx";
import { LastRun, NextRun, Schedule, ThirtyDays } from "./job_facts.tsx";

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
        : <List health={health} />}
    </section>
  );
}

// So many are seen at a glance.
const FEW = 6;

function List({ health }: { readonly health: HealthReport }) {
  const [search, setSearch] = useState("");
  const found = worstFirst(health.jobs).filter(({ jobName }) =>
    jobName.includes(search.trim())
  );
  return (
    <>
      {health.jobs.length > FEW && (
        <label class="field">
          <span>Part of the name</span>
          <input
            type="search"
            value={search}
            onInput={({ currentTarget }) => setSearch(currentTarget.value)}
          />
        </label>
      )}
      {found.length === 0 && <Empty title="No job has such a name." />}
      <div class="jobs">
        {found.map((job) => (
          <Job
            key={job.jobName}
            job={job}
            health={health}
          />
        ))}
      </div>
    </>
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
        <ThirtyDays job={job} />
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
