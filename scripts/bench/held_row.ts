import type { BenchContext } from "./bench.ts";
import { loadBacklog } from "./data.ts";
import { type Finding, formatNumber } from "./finding.ts";
import { median, medianRatio } from "./statistics.ts";

const DUE = 200_000;
const BATCH_SIZE = 5_000;
const DAYS = 60;

/**
 * A run in batches while another session holds one old row, against the same
 * run when nothing is held.
 */
export async function heldRow(context: BenchContext): Promise<Finding[]> {
  const { scale, progress } = context;
  const rounds = Math.max(3, Math.ceil(scale.rounds / 3));
  const times = { held: [] as number[], free: [] as number[] };
  for (let round = 1; round <= rounds; round += 1) {
    progress.step(`held row: round ${round} of ${rounds}`);
    for (const contender of ["free", "held"] as const) {
      times[contender].push(
        await measure(context, { held: contender === "held" }),
      );
    }
  }
  return [{
    name: "200,000 due, batches of 5,000: an old row is held / none is",
    value: medianRatio(times.held, times.free),
    unit: "×",
    wanted: { atMost: 1.2 },
    detail: `${formatNumber(median(times.held))} ms, ` +
      `${formatNumber(median(times.free))} ms`,
  }];
}

async function measure(
  context: BenchContext,
  { held }: { readonly held: boolean },
): Promise<number> {
  const { sql, scale, checkpoint } = context;
  const due = Math.min(DUE, scale.backlog);
  await loadBacklog(sql, { ...scale, backlog: due }, DAYS);
  await sql`truncate jobs.status_changes`;
  const [{ id }] = await sql<{ id: string }[]>`
    update public.installments
    set student_due_date = '2001-01-01'
    where id = (select id from public.installments limit 1)
    returning id
  `;
  await sql`vacuum (analyze) public.installments`;
  await checkpoint();

  const [{ run_id }] = await sql<{ run_id: string }[]>`
    select public.start_job_run('bench-held-row') ->> 'run_id' as run_id
  `;
  const release = held ? await hold(context, id) : async () => {};
  let ms: number;
  try {
    const startedAt = performance.now();
    await processAll(context, run_id);
    ms = performance.now() - startedAt;
  } finally {
    await release();
  }
  await sql`select public.finish_job_run(${run_id})`;

  const [{ pending }] = await sql<{ pending: number }[]>`
    select count(*)::int as pending
    from public.installments
    where status = 'pending'
  `;
  if (pending !== (held ? 1 : 0)) {
    throw new Error(`${pending} installments stayed pending.`);
  }
  return ms;
}

async function processAll(
  { sql, scale }: BenchContext,
  runId: string,
): Promise<void> {
  const batches = Math.ceil(scale.backlog / BATCH_SIZE) + 10;
  for (let batch = 1; batch <= batches; batch += 1) {
    const [{ done }] = await sql<{ done: boolean }[]>`
      select (
        public.process_installment_batch(${runId}, ${BATCH_SIZE}) ->> 'done'
      )::boolean as done
    `;
    if (done) return;
  }
  throw new Error("The run does not end.");
}

async function hold(
  { connect }: BenchContext,
  id: string,
): Promise<() => Promise<void>> {
  const holder = connect();
  await holder`begin`;
  await holder`select 1 from public.installments where id = ${id} for update`;
  return async () => {
    await holder`rollback`;
    await holder.end({ timeout: 5 });
  };
}
