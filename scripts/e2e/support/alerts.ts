import { waitFor } from "../../stack/wait.ts";
import type { ChannelName } from "../../stand_ins/alert_services.ts";
import type { Database } from "./database.ts";

/**
 * Logs a failed run of a job, registered or not, and nothing else: an alert
 * follows from the row alone.
 *
 * @returns when it is committed, by `performance.now()`.
 */
export async function insertFailure(
  sql: Database,
  jobName: string,
  message = "It broke.",
): Promise<number> {
  await sql`
    insert into public.jobs_log (job_name, started_at, status, error_message)
    values (${jobName}, now(), 'failed', ${message})
  `;
  return performance.now();
}

/** Logs a failed run of each of these jobs, all at once. */
export async function insertFailures(
  sql: Database,
  jobNames: readonly string[],
): Promise<void> {
  await sql`
    insert into public.jobs_log (job_name, started_at, status, error_message)
    select job_name, now(), 'failed', 'It broke.'
    from unnest(${[...jobNames]}::text[]) as job_name
  `;
}

/** Names of so many jobs, none of them a part of another. */
export function jobNames(count: number): string[] {
  return Array.from(
    { length: count },
    (_, number) => `job-${String(number).padStart(4, "0")}`,
  );
}

/** A delivery of a job's alert to a channel, as in the outbox. */
export interface Delivery {
  readonly kind: string;
  readonly status: "pending" | "sent" | "given_up";
  readonly attempts: number;
  readonly last_error: string | null;
  readonly next_attempt_at: Date;
}

/** The deliveries of a job's alerts to a channel, in order of raising. */
export async function deliveriesOf(
  sql: Database,
  jobName: string,
  channel: ChannelName | "webhook",
): Promise<Delivery[]> {
  return await sql<Delivery[]>`
    select
      alert.kind,
      delivery.status,
      delivery.attempts,
      delivery.last_error,
      delivery.next_attempt_at
    from jobs.alert_deliveries as delivery
    join jobs.alerts as alert on alert.id = delivery.alert_id
    where alert.job_name = ${jobName}
      and delivery.channel = ${channel}
    order by alert.sequence
  `;
}

/** Waits until the first alert of a job is sent to a channel, or given up. */
export async function deliveryEnds(
  sql: Database,
  jobName: string,
  channel: ChannelName | "webhook",
): Promise<Delivery> {
  const ended = await waitFor(async () => {
    const [delivery] = await deliveriesOf(sql, jobName, channel);
    return delivery?.status === "pending" ? undefined : delivery;
  }, 60_000);
  if (ended !== undefined) return ended;
  throw new Error(`The alert of ${jobName} was neither sent nor given up.`);
}

/** Waits until nothing is left to deliver. */
export async function everythingDelivered(sql: Database): Promise<void> {
  const delivered = await waitFor(async () => {
    const [{ waits }] = await sql<{ waits: boolean }[]>`
      select exists (
        select 1
        from jobs.alert_deliveries
        where status = 'pending'
      ) as waits
    `;
    return waits ? undefined : true;
  }, 60_000);
  if (delivered === undefined) throw new Error("Some alerts still wait.");
}
