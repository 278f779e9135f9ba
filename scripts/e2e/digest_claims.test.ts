import { deepEqual, equal } from "node:assert/strict";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import {
  anotherSessionWaitsFor,
  isHeldUp,
  processOf,
  withSession,
} from "./support/sessions.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

const WEEK = "2026-W48";
const MONDAY = "2026-11-23T06:00:00Z";
const A_MINUTE_LATER = "2026-11-23T06:01:00Z";
const AN_HOUR_LATER = "2026-11-23T07:00:00Z";

/** An agency with overdue installments, and runs that are all running. */
interface Arranged {
  readonly agencyId: string;
  readonly runs: readonly string[];
}

function withIndebtedAgency(
  work: (sql: Database, arranged: Arranged) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase((sql) =>
      // It would reap runs that started so long ago.
      withoutSupervisor(sql, async () => {
        await emptyDatabase(sql);
        await work(sql, await arrange(sql));
      })
    );
}

async function arrange(sql: Database): Promise<Arranged> {
  const [agency] = await sql`
    with agency as (
      insert into public.agencies (name, contact_email)
      values ('Agency', 'people@agency.example')
      returning id
    ),
    plan as (
      insert into public.payment_plans (agency_id, status)
      select id, 'active'
      from agency
      returning id, agency_id
    )
    insert into public.installments (
      payment_plan_id, amount, student_due_date, status
    )
    select id, 100, '2026-11-01', 'overdue'
    from plan
    returning (select agency_id from plan) as id
  `;
  const runs = await sql`
    insert into public.jobs_log (job_name, started_at, status)
    select 'weekly-overdue-digest', ${MONDAY}, 'running'
    from generate_series(1, 20)
    returning id
  `;
  return { agencyId: agency.id, runs: runs.map(({ id }) => id) };
}

interface Claim {
  readonly status: string;
  readonly lease?: string;
}

async function claim(
  sql: Database,
  runId: string,
  agencyId: string,
  asOf = A_MINUTE_LATER,
): Promise<Claim> {
  const [{ claimed }] = await sql`
    select public.claim_overdue_digest(
      run_id => ${runId},
      agency_id => ${agencyId},
      as_of => ${asOf}
    ) as claimed
  `;
  return claimed;
}

Deno.test(
  "only one of two runs that claim the digest of an agency at once gets it",
  withIndebtedAgency((sql, { agencyId, runs }) =>
    withSession(sql, async (session) => {
      await session`begin`;
      equal((await claim(session, runs[0], agencyId)).status, "claimed");
      const other = claim(sql, runs[1], agencyId);
      await anotherSessionWaitsFor(sql, session);
      await session`commit`;

      equal((await other).status, "in_progress");
    })
  ),
);

Deno.test(
  "only one of two runs that claim a refused digest at once gets it",
  withIndebtedAgency((sql, { agencyId, runs }) =>
    withSession(
      sql,
      (holder) =>
        withSession(sql, (one) =>
          withSession(sql, async (another) => {
            const { lease } = await claim(sql, runs[0], agencyId);
            await complete(sql, agencyId, { lease, outcome: "refused" });
            // Both have found the digest before either can change it.
            await holder`begin`;
            await holder`select 1 from jobs.overdue_digests for update`;
            const processes = await Promise.all([one, another].map(processOf));
            const both = Promise.all([
              claim(one, runs[0], agencyId),
              claim(another, runs[1], agencyId),
            ]);
            for (const pid of processes) await isHeldUp(sql, pid);
            await holder`rollback`;

            deepEqual(
              (await both).map(({ status }) => status).sort(),
              ["claimed", "in_progress"],
            );
          })),
    )
  ),
);

Deno.test(
  "when the first claim is rolled back, the second run gets the digest",
  withIndebtedAgency((sql, { agencyId, runs }) =>
    withSession(sql, async (session) => {
      await session`begin`;
      await claim(session, runs[0], agencyId);
      const other = claim(sql, runs[1], agencyId);
      await anotherSessionWaitsFor(sql, session);
      await session`rollback`;

      equal((await other).status, "claimed");
    })
  ),
);

/** Completes a claim, inside a transaction or outside. */
async function complete(
  sql: Database,
  agencyId: string,
  { lease = null, outcome }: { lease?: string | null; outcome: string },
): Promise<void> {
  await sql`
    select public.complete_overdue_digest(
      agency_id => ${agencyId},
      week => ${WEEK},
      lease => ${lease},
      outcome => ${outcome}
    )
  `;
}

Deno.test(
  "a claim that waits while the mail is completed as sent does not get the digest",
  withIndebtedAgency((sql, { agencyId, runs }) =>
    withSession(sql, async (session) => {
      const { lease } = await claim(sql, runs[0], agencyId);
      await session`begin`;
      await complete(session, agencyId, { lease, outcome: "sent" });
      const other = claim(sql, runs[1], agencyId);
      await anotherSessionWaitsFor(sql, session);
      await session`commit`;

      equal((await other).status, "already_sent");
    })
  ),
);

Deno.test(
  "only one of twenty runs that claim at once gets the digest, the first time and after each refusal",
  withIndebtedAgency(async (sql, { agencyId, runs }) => {
    for (let round = 1; round <= 10; round++) {
      const claims = await Promise.all(
        runs.map((runId) => claim(sql, runId, agencyId)),
      );
      const got = claims.filter(({ status }) => status === "claimed");
      const waiting = claims.filter(({ status }) => status === "in_progress");
      deepEqual([got.length, waiting.length], [1, 19], `round ${round}`);

      await complete(sql, agencyId, {
        lease: got[0].lease,
        outcome: "refused",
      });
    }
  }),
);

/** The state of a mail when two processes report its outcome at once. */
interface TwoReports {
  /** The outcomes in the order in which they reach the database. */
  readonly outcomes: readonly [string, string];
  /** Whether another run has claimed the mail before it was sent. */
  readonly leaseTakenOver: boolean;
  /** How the transaction of the first report ends. */
  readonly end: "commit" | "rollback";
  readonly state: "sent" | "claimed" | "not_sent";
}

const twoReports: TwoReports[] = [false, true].flatMap((leaseTakenOver) =>
  ["refused", "not_sent", "unknown"].flatMap((failure): TwoReports[] => {
    // After a claim whose end is unknown no failure says that nothing was sent.
    const failed = leaseTakenOver || failure === "unknown"
      ? "claimed"
      : "not_sent";
    const sentFirst = ["sent", failure] as const;
    const sentLast = [failure, "sent"] as const;
    return [
      { outcomes: sentFirst, leaseTakenOver, end: "commit", state: "sent" },
      { outcomes: sentFirst, leaseTakenOver, end: "rollback", state: failed },
      { outcomes: sentLast, leaseTakenOver, end: "commit", state: "sent" },
      { outcomes: sentLast, leaseTakenOver, end: "rollback", state: "sent" },
    ];
  })
);

for (const { outcomes, leaseTakenOver, end, state } of twoReports) {
  const [first, second] = outcomes;
  Deno.test(
    `a digest is ${state} when ${first}, which ends in a ${end}, and ` +
      `${second} are reported at once${
        leaseTakenOver ? ", sent by a run that has lost its lease" : ""
      }`,
    withIndebtedAgency((sql, { agencyId, runs }) =>
      withSession(sql, async (session) => {
        const earlier = await claim(sql, runs[0], agencyId);
        const latest = leaseTakenOver
          ? await claim(sql, runs[1], agencyId, AN_HOUR_LATER)
          : earlier;
        equal(latest.status, "claimed");
        const report = (by: Database, outcome: string) =>
          complete(by, agencyId, {
            lease: (outcome === "sent" ? earlier : latest).lease,
            outcome,
          });

        await session`begin`;
        await report(session, first);
        const other = report(sql, second);
        await anotherSessionWaitsFor(sql, session);
        await session.unsafe(end);
        await other;

        const [digest] = await sql`
          select state
          from jobs.overdue_digests
          where agency_id = ${agencyId}
        `;
        equal(digest.state, state);
      })
    ),
  );
}
