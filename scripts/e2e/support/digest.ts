import type { ResendCall, ResendStandIn } from "../../stand_ins/resend.ts";
import { startResend } from "../../stand_ins/resend.ts";
import { localOf } from "../oracle/digest_oracle.ts";
import { callFunction } from "./call_function.ts";
import { type Database, emptyDatabase, withDatabase } from "./database.ts";
import { withFunctionSecrets } from "./function_secrets.ts";
import type { Answer } from "./functions.ts";
import { keys } from "./stack.ts";
import { withoutSupervisor } from "./supervisor.ts";

/** The job, its function, and the function's folder. */
export const DIGEST = "weekly-overdue-digest";

/** Who the digests of a test are from. */
export const SENDER = "Accounts <accounts@example.com>";

/** An empty database, and a digest that is sent through a stand-in. */
export function withDigest(
  work: (resend: ResendStandIn, sql: Database) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase(async (sql) => {
      await emptyDatabase(sql);
      await using resend = await startResend();
      // A catch-up run in between would be another one than the test's.
      await withoutSupervisor(
        sql,
        () =>
          withFunctionSecrets(
            DIGEST,
            secretsOf(resend),
            () => work(resend, sql),
          ),
      );
    });
}

/** What the digest needs to send through this stand-in, as fast as it can. */
export function secretsOf(
  { apiKey, baseUrl }: ResendStandIn,
): Readonly<Record<string, string>> {
  return {
    RESEND_API_KEY: apiKey,
    RESEND_BASE_URL: baseUrl,
    DIGEST_EMAIL_FROM: SENDER,
    DIGEST_MAILS_PER_SECOND: "50",
  };
}

/** Runs the job once. */
export async function runDigest(
  { runId = crypto.randomUUID() }: { readonly runId?: string } = {},
): Promise<Answer> {
  const { jobsApiKey } = await keys();
  return await callFunction(DIGEST, {
    method: "POST",
    headers: { "X-API-Key": jobsApiKey, "X-Run-Id": runId },
  });
}

/** An agency that may get a digest. */
export interface DigestAgency {
  readonly id: string;
  readonly name: string;
}

/**
 * Inserts agencies where mails may be sent now, each with one installment of
 * AUD 100 that has been overdue for ten days.
 *
 * @param options.address of agency number so many; null for none. Default: one
 *   of its own.
 */
export async function insertDebtors(
  sql: Database,
  count: number,
  { address = (number) => `agency-${number}@example.com` }: {
    readonly address?: (number: number) => string | null;
  } = {},
): Promise<DigestAgency[]> {
  const wanted = Array.from({ length: count }, (_, index) => ({
    name: `Agency ${String(index + 1).padStart(4, "0")}`,
    contact_email: address(index + 1),
    timezone: whereMailsAreSent(new Date()),
  }));
  return await sql<DigestAgency[]>`
    with agency as (
      insert into public.agencies (name, contact_email, timezone)
      select wanted.name, wanted.contact_email, wanted.timezone
      from jsonb_to_recordset(${sql.json(wanted)}) as wanted (
        name text,
        contact_email text,
        timezone text
      )
      returning id, name
    ),
    plan as (
      insert into public.payment_plans (agency_id, status)
      select id, 'active'
      from agency
      returning id
    ),
    installment as (
      insert into public.installments (
        payment_plan_id, amount, student_due_date, status
      )
      select id, 100, (now() at time zone 'UTC')::date - 10, 'pending'
      from plan
    )
    select id, name
    from agency
    order by name
  `;
}

/** Whether mails of this week may be sent in a time zone: after Monday, 08:00. */
export function mayBeMailed(timezone: string, now: Date): boolean {
  const { weekday, time } = localOf(timezone, now.toISOString());
  return weekday !== "Monday" || time >= "08:00";
}

/** A time zone in which mails may be sent, also for the rest of a test. */
export function whereMailsAreSent(now: Date): string {
  const inAnHour = new Date(now.getTime() + 3_600_000);
  const found = ["UTC", "Etc/GMT-10"].find((zone) =>
    [now, inAnHour].every((instant) => mayBeMailed(zone, instant))
  );
  return found ?? "Etc/GMT+10";
}

/** The addresses of the mails that were sent, in order. */
export function mailed({ calls }: ResendStandIn): string[] {
  return calls.entries.flatMap(({ delivered, email }) =>
    delivered && email !== null ? email.to : []
  ).sort();
}

/** The calls that were about this agency's mail. */
export function callsFor(
  { calls }: ResendStandIn,
  { id }: DigestAgency,
): readonly ResendCall[] {
  return calls.entries.filter(({ message }) => message.includes(id));
}

/** What the ledger says, by agency. */
export async function ledger(
  sql: Database,
): Promise<Map<string, { state: string; mail_id: string | null }>> {
  const rows = await sql<
    { agency_id: string; state: string; mail_id: string | null }[]
  >`
    select agency_id, state, mail_id
    from jobs.overdue_digests
  `;
  return new Map(
    rows.map(({ agency_id, ...row }) => [agency_id, { ...row }]),
  );
}
