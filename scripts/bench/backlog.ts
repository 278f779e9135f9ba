import { z } from "zod";
import { stackUrls } from "../stack/stack.ts";
import { statePaths } from "../stack/state_dir.ts";
import type { BenchContext } from "./bench.ts";
import { loadBacklog } from "./data.ts";
import type { Finding } from "./finding.ts";
import { functionProcess, MemorySampler } from "./memory.ts";
import { median } from "./statistics.ts";

const SLUG = "update-installment-statuses";

const answerSchema = z.object({
  recordsUpdated: z.number().int(),
  errors: z.array(z.unknown()).length(0),
  durationMs: z.number(),
});

/**
 * A backlog worked off by one request to the Edge Function, as after a long
 * outage: spread over a year of due dates, then all on one date.
 */
export async function backlog(context: BenchContext): Promise<Finding[]> {
  return [
    ...await workOff(context, 365, "backlog over a year"),
    ...await workOff(context, 1, "backlog of one date"),
  ];
}

async function workOff(
  context: BenchContext,
  days: number,
  name: string,
): Promise<Finding[]> {
  const { stack, sql, scale, progress, checkpoint } = context;
  progress.step(`${name}: loading`);
  await loadBacklog(sql, scale, days);
  await checkpoint();

  progress.step(`${name}: running`);
  const runId = crypto.randomUUID();
  const memory = new MemorySampler(await functionProcess(stack.config, SLUG));
  const response = await fetch(
    `${stackUrls(stack.config).functionsUrl}/${SLUG}`,
    {
      method: "POST",
      headers: {
        "X-API-Key": stack.environment.JOBS_API_KEY,
        "X-Run-Id": runId,
      },
    },
  );
  const text = await response.text();
  const samples = await memory.stop();
  if (!response.ok) {
    throw new Error(`The function answered ${response.status}: ${text}`);
  }
  const answer = answerSchema.parse(JSON.parse(text));
  await assertAllMarked(context, answer.recordsUpdated);

  const quarter = Math.ceil(samples.length / 4);
  const [first, last] = [samples.slice(0, quarter), samples.slice(-quarter)]
    .map((part) => median(part) / 2 ** 20);
  const seconds = answer.durationMs / 1000;
  return [
    { name: `${name}: one run`, value: seconds, unit: "s" },
    {
      name: `${name}: speed`,
      value: answer.recordsUpdated / seconds,
      unit: "rows/s",
      detail: `${await batchesOf(context, runId)} batches`,
    },
    {
      name: `${name}: function's memory, last / first quarter`,
      value: last / first,
      unit: "×",
      wanted: { atMost: 1.2 },
      detail: `${first.toFixed(0)} MB, then ${last.toFixed(0)} MB, at most ` +
        `${(Math.max(...samples) / 2 ** 20).toFixed(0)} MB`,
    },
  ];
}

async function batchesOf(
  { stack }: BenchContext,
  runId: string,
): Promise<number> {
  const lines = (await Deno.readTextFile(statePaths(stack.config).functionsLog))
    .split("\n");
  return lines.filter((line) =>
    line.includes(runId) && line.includes('"batch_processed"')
  ).length;
}

async function assertAllMarked(
  { sql, scale }: BenchContext,
  recordsUpdated: number,
): Promise<void> {
  const [{ overdue }] = await sql<{ overdue: number }[]>`
    select count(*)::int as overdue
    from public.installments
    where status = 'overdue'
  `;
  if (overdue === scale.backlog && recordsUpdated === overdue) return;
  throw new Error(
    `Of ${scale.backlog} due installments ${overdue} were marked, and the ` +
      `run counted ${recordsUpdated}.`,
  );
}
