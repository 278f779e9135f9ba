import { nextRunOf } from "../../../../jobs/next_run.ts";
import { nextTick } from "../../../../../supabase/functions/_shared/next-tick.ts";
import type { HealthReport, JobReport } from "../../api/client.ts";
import { timeOfDay, weekday, ZONE, zoneName } from "../../format/instants.ts";
import { count, duration, number, scheduleInWords } from "../../format/text.ts";
import { now } from "../../state/clock.ts";
import { href } from "../../state/route.ts";
import { Badge } from "../../ui/badge.tsx";
import { Ago, BothTimes } from "../../ui/time.tsx";

/** When a job is started, in UTC and by the reader's clock. */
export function Schedule({ job: { schedule } }: { readonly job: JobReport }) {
  return (
    <div class="fact">
      <dt>Schedule</dt>
      <dd>
        {schedule === null ? <span class="muted">not registered</span> : (
          <>
            {scheduleInWords(schedule) ?? schedule} UTC
            <YourTime schedule={schedule} />
            <code class="muted">{schedule}</code>
          </>
        )}
      </dd>
    </div>
  );
}

/** How the last run went, or goes. */
export function LastRun(
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

/** When pg_cron starts the job next. */
export function NextRun(
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

// Of a schedule with one time of day; the next time stands for all.
function YourTime({ schedule }: { readonly schedule: string }) {
  const next = /^\d+ \d+ /.test(schedule) && ZONE !== "UTC"
    ? nextTick(schedule, new Date(now.value))
    : null;
  if (next === null || next === undefined) return null;
  const at = next.toISOString();
  return (
    <span class="muted">
      = {schedule.endsWith("* * *") ? "" : `${weekday(at)} `}
      {timeOfDay(at, ZONE)} yours ({zoneName(at)})
    </span>
  );
}

/** What became of the runs of 30 days. */
export function ThirtyDays({ job }: { readonly job: JobReport }) {
  const { jobName, successRate30d, runs30d, failedRuns30d, reasons } = job;
  const isLow = reasons.some(({ code }) => code === "success_rate_low");
  return (
    <div class="fact">
      <dt>30 days</dt>
      <dd>
        {successRate30d === null
          ? <span class="muted">no run has ended</span>
          : `${number(successRate30d)} % succeeded`}
        <span class="muted">
          {count(runs30d, "run")}, {failedRuns30d === 0
            ? "0 failed"
            : (
              <a href={href(["runs"], { job: jobName, status: "failed" })}>
                {number(failedRuns30d)} failed
              </a>
            )}
          {isLow && ", catch-up runs included"}
        </span>
      </dd>
    </div>
  );
}
