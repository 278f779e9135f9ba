import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { nextTick } from "../../../supabase/functions/_shared/next-tick.ts";
import { DuewatchError } from "../errors.ts";
import { NOT_TURNED_ON } from "../names/rendering.ts";
import { literal } from "../names/tokens.ts";
import type { ProjectDatabase } from "../preflight/database.ts";
import type { Session } from "../session.ts";

/** The job that marks installments. */
export const MAIN_JOB = "update-installment-statuses";

/** Whether the schedule waits for the first run. */
export async function isPaused(database: ProjectDatabase): Promise<boolean> {
  return z.boolean().parse(
    await database.read(`select jobs.is_paused(${literal(MAIN_JOB)})`),
  );
}

/** Keeps the schedule off until the functions and the key were checked. */
export async function pauseUntilVerified(
  database: ProjectDatabase,
): Promise<void> {
  if (await isPaused(database)) return;
  await database.change(
    `select jobs.pause(
      job_name => ${literal(MAIN_JOB)},
      reason => ${literal(NOT_TURNED_ON)},
      requested_by => 'duewatch deploy'
    )`,
  );
}

const preview = z.looseObject({
  installments: z.number(),
  amounts: z.array(z.looseObject({
    currency: z.string().nullable(),
    installments: z.number(),
    amount: z.coerce.string(),
  })),
  byAgency: z.array(z.looseObject({
    name: z.string().nullable(),
    installments: z.number(),
  })),
});

const SHOWN = 10;

/** Says what a run would mark now. Nothing is marked. */
export async function previewText(database: ProjectDatabase): Promise<string> {
  const { installments, amounts, byAgency } = preview.parse(
    await database.read("select public.preview_overdue()"),
  );
  if (installments === 0) {
    return "The first run marks nothing: no installment is overdue.";
  }
  const sums = amounts.map(({ currency, amount }) =>
    `${amount} ${currency ?? "(no currency)"}`
  ).join(", ");
  const left = byAgency.length - SHOWN;
  return [
    `The first run marks ${installments} installments of ${byAgency.length} ` +
    `agencies overdue: ${sums}.`,
    ...byAgency.slice(0, SHOWN)
      .map(({ name, installments }) =>
        `  ${installments}  ${name ?? "(no name)"}`
      ),
    ...left > 0 ? [`  … and ${left} agencies more`] : [],
  ].join("\n");
}

const run = z.object({
  status: z.string(),
  records: z.number().nullable(),
  error: z.string().nullable(),
});

const PATIENCE_MS = 10 * 60_000;

/**
 * Runs the job once and waits for its end.
 *
 * @returns how many installments were marked.
 * @throws DuewatchError when the run fails: the schedule stays off.
 */
export async function runOnce(
  { signal }: Session,
  database: ProjectDatabase,
): Promise<number> {
  const newest = async () =>
    z.object({ id: z.string() }).and(run).nullable().parse(
      await database.read(`
        select (
          select jsonb_build_object(
            'id', id, 'status', status, 'records', records_updated, 'error', error_message
          )
          from public.jobs_log
          where job_name = ${literal(MAIN_JOB)}
          order by started_at desc, created_at desc
          limit 1
        )`),
    );
  const before = await newest();
  await database.change(
    `select jobs.dispatch(job_name => ${
      literal(MAIN_JOB)
    }, trigger_source => 'manual')`,
  );
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    const found = await newest();
    if (found !== null && found.id !== before?.id) {
      if (found.status === "success") return found.records ?? 0;
      if (found.status === "failed") {
        throw new DuewatchError(
          `The first run has failed: ${found.error ?? "without a reason"}\n` +
            "The schedule stays off. See: npx duewatch doctor",
          1,
        );
      }
    }
    await delay(500, undefined, { signal });
  }
  throw new DuewatchError(
    "The first run has not ended after 10 minutes. The schedule stays off. " +
      "Look at it: npx duewatch jobs runs. Then: npx duewatch deploy",
    1,
  );
}

/**
 * Turns the schedule of the job on.
 *
 * @returns when it starts next, as the end of a sentence.
 */
export async function resume(
  { now }: Session,
  database: ProjectDatabase,
): Promise<string> {
  await database.change(
    `select jobs.resume(
      job_name => ${literal(MAIN_JOB)},
      reason => 'Deployed and checked.',
      requested_by => 'duewatch deploy'
    )`,
  );
  const schedule = z.string().parse(
    await database.read(`
      select entry.schedule
      from jobs.definitions as definition
      join cron.job as entry on entry.jobname = definition.cron_job_name
      where definition.job_name = ${literal(MAIN_JOB)}`),
  );
  const next = nextTick(schedule, now())?.toISOString();
  return next === undefined
    ? `${schedule} (UTC)`
    : `the next run is on ${next.slice(0, 10)} at ${next.slice(11, 16)} UTC`;
}
