import postgres from "postgres";
import { urls } from "./stack.ts";

/** A connection, or a pool of them, as the role `postgres`. */
export type Database = postgres.Sql;

/**
 * Gives a test connections of its own and closes them when it ends, failed or
 * not.
 */
export async function withDatabase<T>(
  work: (sql: Database) => Promise<T>,
): Promise<T> {
  const sql = postgres(urls.databaseUrl, { max: 30, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

const DEADLOCK_DETECTED = "40P01";

/**
 * Removes every agency with all its data, every user, every run, every digest,
 * and all alerts with their incidents, channels and last resort. The digest is
 * paused, as it is installed, and nothing else is.
 */
export async function emptyDatabase(sql: Database): Promise<void> {
  try {
    await sql`
      truncate
        public.installments,
        public.payment_plans,
        public.user_roles,
        public.agency_closed_days,
        public.agencies,
        public.jobs_log,
        jobs.run_results,
        jobs.actions,
        jobs.due_check_failures,
        jobs.failing_items,
        jobs.incidents,
        jobs.alerts,
        jobs.alert_channels,
        jobs.alert_deliveries,
        jobs.refused_address,
        jobs.supervisor_problems,
        jobs.channel_problems,
        jobs.overdue_digests,
        jobs.status_changes
    `;
    await sql`
      insert into jobs.actions (
        action, job_name, reason, requested_by, requested_at
      )
      select 'pause', job_name, 'It is not set up.', 'duewatch', created_at
      from jobs.definitions
      where job_name = 'weekly-overdue-digest'
    `;
    await sql`select jobs.follow_pause(job_name) from jobs.definitions`;
    await sql`
      delete from vault.secrets
      where name in (
        'slack_webhook_url', 'resend_api_key', 'resend_base_url',
        'alert_email_from', 'alert_email_to', 'alert_timezone', 'runbook_url'
      )
    `;
    await sql`
      update jobs.last_resort
      set failing_since = null, message = null, sent_at = null, last_error = null
    `;
  } catch (error) {
    const isDeadlock = error instanceof postgres.PostgresError &&
      error.code === DEADLOCK_DETECTED;
    if (!isDeadlock) throw error;
    // The supervisor was running, and locks these tables in another order.
    await emptyDatabase(sql);
  }
}
