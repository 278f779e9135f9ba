import { type BenchContext, MARK_OVERDUE } from "./bench.ts";
import { loadIdle } from "./data.ts";
import { type Finding, inMs } from "./finding.ts";
import { elapsedMs, repeated } from "./measure.ts";
import { median, medianRatio } from "./statistics.ts";

const CALLS_PER_BLOCK = 21;

/**
 * The update function when nothing is due, with calendars against without. Each
 * agency is closed on weekends and on sixty dates, and the instant that is judged
 * lies on a Sunday.
 */
export async function calendars(context: BenchContext): Promise<Finding[]> {
  const { sql, scale, progress } = context;
  progress.step("calendars: loading");
  await loadIdle(sql, scale);

  const times = { without: [] as number[], with: [] as number[] };
  for (let round = 1; round <= scale.rounds; round++) {
    progress.step(`calendars: round ${round} of ${scale.rounds}`);
    times.without.push(await medianCall(context));
    await setCalendars(context);
    times.with.push(await medianCall(context));
    await removeCalendars(context);
  }
  return [
    {
      name: "nothing due: with calendars / without",
      value: medianRatio(times.with, times.without),
      unit: "×",
      detail: `medians of ${CALLS_PER_BLOCK} calls per round, on a Sunday`,
    },
    inMs("nothing due, with calendars", median(times.with), {
      wanted: { atMost: 20 },
    }),
    inMs("nothing due, without calendars", median(times.without)),
  ];
}

async function setCalendars({ sql }: BenchContext): Promise<void> {
  await sql`
    update public.agencies
    set
      closed_weekdays = '{6,7}',
      grace_days = 2
    where true
  `;
  await sql`
    insert into public.agency_closed_days (agency_id, day)
    select
      agency.id,
      date '2026-01-05' + 14 * n
    from public.agencies as agency
    cross join generate_series(0, 59) as n
  `;
  await vacuum(sql);
}

async function removeCalendars({ sql }: BenchContext): Promise<void> {
  await sql`truncate public.agency_closed_days`;
  await sql`
    update public.agencies
    set
      closed_weekdays = '{}',
      grace_days = 0
    where true
  `;
  await vacuum(sql);
}

async function vacuum(sql: BenchContext["sql"]): Promise<void> {
  await sql`vacuum (analyze) public.agencies`;
  await sql`vacuum (analyze) public.agency_closed_days`;
}

async function medianCall({ sql }: BenchContext): Promise<number> {
  return median(
    await repeated(CALLS_PER_BLOCK, 2, () => elapsedMs(sql, MARK_OVERDUE)),
  );
}
