import { type ControlRequest } from "../../../supabase/functions/job-control/request.ts";
import { findRun } from "../api/find_run.ts";
import { type Context, type ExitCode, show } from "../context.ts";
import {
  expectedInterval,
  readSchedule,
  type Schedule,
} from "../../new_job/schedule.ts";
import { NewJobError } from "../../new_job/errors.ts";
import { JobsError } from "../errors.ts";
import { formatAction } from "../render/action.ts";
import { type EndOptions, parseEnd } from "../text/moments.ts";

interface WhyOptions {
  readonly reason: string;
}

type MaybeWhyOptions = Partial<WhyOptions>;

/** `pause <job>`: keeps pg_cron from starting a job. */
export async function pauseJob(
  context: Context,
  jobName: string,
  { reason, ...end }: WhyOptions & EndOptions,
): Promise<ExitCode> {
  const until = parseEnd(end, context.now())?.toISOString();
  return await act(context, { action: "pause", jobName, reason, until });
}

/** `resume <job>`: ends a pause. */
export async function resumeJob(
  context: Context,
  jobName: string,
  { reason }: MaybeWhyOptions,
): Promise<ExitCode> {
  return await act(context, { action: "resume", jobName, reason });
}

/**
 * `reschedule <job> <schedule>`: changes when pg_cron starts a job. How long it
 * may be without a success follows from the schedule, unless it is given.
 */
export async function rescheduleJob(
  context: Context,
  jobName: string,
  text: string,
  { reason, expectedWithin }: MaybeWhyOptions & {
    readonly expectedWithin?: number;
  },
): Promise<ExitCode> {
  const schedule = scheduleOf(text);
  return await act(context, {
    action: "reschedule",
    jobName,
    schedule: schedule.expression,
    expectedIntervalMinutes: expectedWithin ?? expectedInterval(schedule),
    reason,
  });
}

function scheduleOf(text: string): Schedule {
  try {
    return readSchedule(text);
  } catch (error) {
    if (error instanceof NewJobError) throw new JobsError(error.message);
    throw error;
  }
}

/** `snooze <job>`: raises no alert of a job for a while. */
export async function snoozeJob(
  context: Context,
  jobName: string,
  { reason, ...end }: WhyOptions & EndOptions,
): Promise<ExitCode> {
  const until = parseEnd(end, context.now())?.toISOString();
  if (until === undefined) {
    throw new JobsError(
      "A snooze has an end, 30 days ahead at most: give --for or --until.",
    );
  }
  return await act(context, { action: "snooze", jobName, reason, until });
}

/** `unsnooze <job>`: ends a snooze early. */
export async function unsnoozeJob(
  context: Context,
  jobName: string,
  { reason }: MaybeWhyOptions,
): Promise<ExitCode> {
  return await act(context, { action: "unsnooze", jobName, reason });
}

/** `restore-schedule [job]`: puts a job's pg_cron entry back as registered. */
export async function restoreSchedule(
  context: Context,
  jobName: string | undefined,
  { reason }: MaybeWhyOptions,
): Promise<ExitCode> {
  return await act(context, { action: "restore_schedule", jobName, reason });
}

/** `cancel <id>`: ends a run that is under way. */
export async function cancelRun(
  context: Context,
  id: string,
  { reason }: WhyOptions,
): Promise<ExitCode> {
  const { data: [{ id: runId }] } = await findRun(context.client, id);
  return await act(context, { action: "cancel", runId, reason });
}

/** `retry-alerts`: sends again what was given up. */
export async function retryAlerts(
  context: Context,
  channel: string | undefined,
  { reason }: MaybeWhyOptions,
): Promise<ExitCode> {
  return await act(context, { action: "retry_alerts", channel, reason });
}

async function act(
  context: Context,
  request: ControlRequest,
): Promise<ExitCode> {
  const action = await context.client.control(request);
  show(context, action, () => formatAction(action));
  return 0;
}
