import { ActionButton } from "../../actions/button.tsx";
import type { ProblemOfJob } from "../../format/problems.ts";
import { href } from "../../state/route.ts";
import { Icon } from "../../ui/icon.tsx";

const RUN_ID = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/;

const RUN_HELPS = [
  "last_run_failed",
  "run_missed",
  "catch_up_given_up",
  "never_ran",
  "item_failing",
];

const TEST_HELPS = [
  "no_alert_channel",
  "channel_misconfigured",
  "no_last_resort",
  "last_resort_differs",
];

const RESTORE_HELPS = [
  "schedule_missing",
  "schedule_inactive",
  "schedule_differs",
  "command_differs",
  "paused_but_scheduled",
  "disabled_but_scheduled",
];

/** @returns whether a button repairs it, so that no command is needed. */
export function isRepairedByButton(
  { code, message }: ProblemOfJob,
): boolean {
  return code === "run_stuck" || RESTORE_HELPS.includes(code) ||
    isAboutEntries(code, message);
}

// Of the entries that watch over the jobs.
function isAboutEntries(code: string, message: string): boolean {
  return code === "own_entry_differs" ||
    code === "supervisor_silent" && message.includes("missing or inactive");
}

/** What a button can do about a problem. */
export function Actions(
  { problem: { code, message, jobName, job } }: {
    readonly problem: ProblemOfJob;
  },
) {
  if (code === "alerts_undelivered") {
    return <ActionButton asked={{ action: "retry_alerts" }} />;
  }
  if (TEST_HELPS.includes(code)) {
    return <ActionButton asked={{ action: "test_alert" }} />;
  }
  if (isAboutEntries(code, message)) {
    return <ActionButton asked={{ action: "restore_schedule" }} />;
  }
  if (jobName === null || job === null || !job.registered) return null;
  const runId = code === "run_stuck"
    // The oldest that is stuck, which is not the last that has started.
    ? RUN_ID.exec(message)?.[0]
    : job.lastRun?.status === "running"
    ? job.lastRun.id
    : undefined;
  return (
    <>
      {runId !== undefined && (
        <>
          <ActionButton asked={{ action: "cancel", jobName, runId }} />
          <a class="button small ghost" href={href(["runs", runId])}>
            <Icon name="list" /> The run
          </a>
        </>
      )}
      {runId === undefined && RUN_HELPS.includes(code) && (
        <ActionButton asked={{ action: "run", jobName }} />
      )}
      {RESTORE_HELPS.includes(code) && (
        <ActionButton asked={{ action: "restore_schedule", jobName }} />
      )}
      {code === "paused" && (
        <ActionButton asked={{ action: "resume", jobName }} />
      )}
      {code !== "paused" && (
        <ActionButton
          asked={{ action: job.snoozed ? "unsnooze" : "snooze", jobName }}
        />
      )}
    </>
  );
}
