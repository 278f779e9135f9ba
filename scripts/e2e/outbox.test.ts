import { deepEqual, equal, ok } from "node:assert/strict";
import postgres from "postgres";
import { waitFor } from "../stack/wait.ts";
import {
  deliveriesOf,
  insertFailure,
  insertFailures,
  jobNames,
} from "./support/alerts.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { within } from "./support/events.ts";
import {
  anotherSessionWaitsFor,
  isHeldUp,
  processOf,
  withSession,
} from "./support/sessions.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

/** A database without alerts, and without other senders. */
function withOutbox(
  work: (sql: Database) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase((sql) =>
      withoutSupervisor(sql, async () => {
        await emptyDatabase(sql);
        await work(sql);
      })
    );
}

const [SLACK, EMAIL] = ["slack", "email"].map((name) => ({
  name,
  kinds: ["run_failed"],
}));

interface Claimed {
  readonly alert_id: string;
  readonly channel: string;
  readonly lease: string;
  readonly job_name: string;
}

async function claim(
  sql: Database,
  { channels = [SLACK, EMAIL], maxCount = 5 } = {},
): Promise<Claimed[]> {
  const [{ claimed }] = await sql`
    select public.claim_job_alerts(
      channels => ${sql.json(channels)},
      max_count => ${maxCount}
    ) as claimed
  `;
  return claimed;
}

async function alerts(
  sql: Database,
): Promise<{ kind: string; occurrences: string }[]> {
  const rows = await sql`
    select alert.kind, alert.details ->> 'occurrences' as occurrences
    from jobs.alerts as alert
    order by alert.sequence
  `;
  return rows.map(({ kind, occurrences }) => ({ kind, occurrences }));
}

async function occurrences(sql: Database): Promise<number[]> {
  const rows = await sql`
    select occurrences from jobs.incidents where closed_at is null
  `;
  return rows.map((incident) => incident.occurrences);
}

Deno.test(
  "two simultaneous failures of a job raise one alert, and both count",
  withOutbox((sql) =>
    withSession(sql, async (session) => {
      await session`begin`;
      await insertFailure(session, "twin-job", "the first");
      const other = insertFailure(sql, "twin-job", "the second");
      await anotherSessionWaitsFor(sql, session);
      await session`commit`;
      await other;

      deepEqual(await alerts(sql), [{ kind: "run_failed", occurrences: "1" }]);
      deepEqual(await occurrences(sql), [2]);
    })
  ),
);

Deno.test(
  "when the first of two failures is rolled back, the second raises the alert",
  withOutbox((sql) =>
    withSession(sql, async (session) => {
      await session`begin`;
      await insertFailure(session, "twin-job", "the first");
      const other = insertFailure(sql, "twin-job", "the second");
      await anotherSessionWaitsFor(sql, session);
      await session`rollback`;
      await other;

      deepEqual(await alerts(sql), [{ kind: "run_failed", occurrences: "1" }]);
      deepEqual(await occurrences(sql), [1]);
    })
  ),
);

Deno.test(
  "a failure that arrives while its incident is being closed opens a new one",
  withOutbox((sql) =>
    withSession(sql, async (session) => {
      await insertFailure(sql, "twin-job", "the first");
      await session`begin`;
      await session`
        insert into public.jobs_log (job_name, started_at, status)
        values ('twin-job', now(), 'success')
      `;
      const other = insertFailure(sql, "twin-job", "the second");
      await anotherSessionWaitsFor(sql, session);
      await session`commit`;
      await other;

      deepEqual((await alerts(sql)).map(({ kind }) => kind), [
        "run_failed",
        "job_recovered",
        "run_failed",
      ]);
      deepEqual(await occurrences(sql), [1]);
    })
  ),
);

Deno.test(
  "two simultaneous failures of a job a day later raise one reminder",
  withOutbox((sql) =>
    withSession(sql, async (session) => {
      await insertFailure(sql, "twin-job", "the day before");
      await sql`
        update jobs.incidents
        set last_alerted_at = now() - interval '24 hours'
        where job_name = 'twin-job'
      `;
      await session`begin`;
      await insertFailure(session, "twin-job", "the first");
      const other = insertFailure(sql, "twin-job", "the second");
      await anotherSessionWaitsFor(sql, session);
      await session`commit`;
      await other;

      deepEqual(await alerts(sql), [
        { kind: "run_failed", occurrences: "1" },
        { kind: "run_failed", occurrences: "2" },
      ]);
      deepEqual(await occurrences(sql), [3]);
    })
  ),
);

Deno.test(
  "two sessions that observe an open incident a day later raise one reminder",
  withOutbox((sql) =>
    withSession(
      sql,
      (holder) =>
        withSession(sql, (one) =>
          withSession(sql, async (another) => {
            await observe(sql, "2001-03-10 12:00:00+00");
            // Both have found the incident before either can change it.
            await holder`begin`;
            await holder`select 1 from jobs.incidents for update`;
            const processes = await Promise.all([one, another].map(processOf));
            const both = Promise.all([
              observe(one, "2001-03-11 12:00:00+00"),
              observe(another, "2001-03-11 12:00:00+00"),
            ]);
            for (const pid of processes) await isHeldUp(sql, pid);
            await holder`rollback`;
            await both;

            deepEqual(await alerts(sql), [
              { kind: "run_missed", occurrences: "1" },
              { kind: "run_missed", occurrences: "2" },
            ]);
            deepEqual(await occurrences(sql), [3]);
          })),
    )
  ),
);

/** Raises a missed run, which needs no row in the log. */
async function observe(sql: Database, asOf: string): Promise<void> {
  await sql`
    select jobs.raise_incident(
      job_name => 'twin-job',
      kind => 'run_missed',
      details => '{}',
      as_of => ${asOf}
    )
  `;
}

Deno.test(
  "two processes that announce channels in opposite order do not deadlock",
  withOutbox((sql) =>
    withSession(
      sql,
      (holder) =>
        withSession(sql, (forth) =>
          withSession(sql, async (back) => {
            const channels = ["a", "b", "c"].map((name) => ({
              ...SLACK,
              name,
            }));
            await claim(sql, { channels });
            // So that both of them refresh what is known.
            await sql`
            update jobs.alert_channels
            set announced_at = now() - interval '1 hour'
          `;
            await holder`begin`;
            await holder`
            select 1 from jobs.alert_channels where name = 'b' for update
          `;
            const processes = await Promise.all([forth, back].map(processOf));
            const both = Promise.all([
              claim(forth, { channels }),
              claim(back, { channels: channels.toReversed() }),
            ]);
            both.catch(() => {});
            for (const pid of processes) await isHeldUp(sql, pid);
            await holder`commit`;

            deepEqual(await within(20_000, "both have it", both), [[], []]);
          })),
    )
  ),
);

Deno.test(
  "twenty simultaneous failures of a job raise one alert",
  withOutbox(async (sql) => {
    await Promise.all(
      Array.from({ length: 20 }, () => insertFailure(sql, "twin-job")),
    );
    deepEqual(await alerts(sql), [{ kind: "run_failed", occurrences: "1" }]);
    deepEqual(await occurrences(sql), [20]);
  }),
);

Deno.test(
  "a session with an older snapshot has to retry, does not hang and raises no second alert",
  withOutbox((sql) =>
    withSession(sql, async (session) => {
      await session`begin isolation level repeatable read`;
      await session`select 1`;
      await insertFailure(sql, "twin-job");

      const error = await within(
        20_000,
        "the older session has its answer",
        insertFailure(session, "twin-job").then(
          () => null,
          (reason: unknown) => reason,
        ),
      );
      ok(error instanceof postgres.PostgresError);
      equal(error.code, "40001");
      deepEqual(await alerts(sql), [{ kind: "run_failed", occurrences: "1" }]);
    })
  ),
);

Deno.test(
  "twenty simultaneous claims hand out every delivery exactly once",
  withOutbox(async (sql) => {
    await claim(sql);
    await insertFailures(sql, jobNames(300));

    const handedOut = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const mine: Claimed[] = [];
        // What another one holds at this moment is not seen, so an empty
        // answer may come early.
        for (let empty = 0; empty < 3;) {
          const claimed = await claim(sql);
          if (claimed.length === 0) empty += 1;
          mine.push(...claimed);
        }
        return mine;
      }),
    );
    const deliveries = handedOut.flat();
    ok(handedOut.filter((mine) => mine.length > 0).length > 1);
    equal(deliveries.length, 600);
    const distinct = new Set(
      deliveries.map(({ alert_id, channel }) => `${alert_id} ${channel}`),
    );
    equal(distinct.size, 600);
    equal(new Set(deliveries.map(({ lease }) => lease)).size, 600);
  }),
);

Deno.test(
  "an uncommitted claim does not block other claims",
  withOutbox((sql) =>
    withSession(sql, async (session) => {
      await claim(sql);
      await insertFailures(sql, jobNames(4));

      await session`begin`;
      const first = await claim(session, { channels: [SLACK], maxCount: 2 });
      const second = await within(
        5_000,
        "another claim has its answer",
        claim(sql, { channels: [SLACK], maxCount: 100 }),
      );
      deepEqual(
        [first, second].map((claimed) =>
          claimed.map(({ job_name }) => job_name)
        ),
        [["job-0000", "job-0001"], ["job-0002", "job-0003"]],
      );

      await session`rollback`;
      const third = await claim(sql, { channels: [SLACK] });
      deepEqual(
        third.map(({ job_name }) => job_name),
        ["job-0000", "job-0001"],
      );
    })
  ),
);

Deno.test(
  "an alert that is being raised while a channel is announced reaches it with the next claim",
  withOutbox((sql) =>
    withSession(sql, async (session) => {
      await session`begin`;
      await insertFailure(session, "early-job");
      deepEqual(
        await within(5_000, "the claim has its answer", claim(sql)),
        [],
      );
      await session`commit`;

      const [{ deliveries }] = await sql`
        select count(*)::int as deliveries from jobs.alert_deliveries
      `;
      equal(deliveries, 0);
      deepEqual(
        (await claim(sql))
          .map(({ job_name, channel }) => `${job_name} ${channel}`)
          .sort(),
        ["early-job email", "early-job slack"],
      );
    })
  ),
);

Deno.test(
  "an alert that is raised while a channel is being announced is delivered there",
  withOutbox((sql) =>
    withSession(sql, async (session) => {
      await session`begin`;
      await claim(session);
      const failure = insertFailure(sql, "late-job");
      await anotherSessionWaitsFor(sql, session);
      await session`commit`;
      await failure;

      const channels = await sql`
        select channel from jobs.alert_deliveries order by channel
      `;
      deepEqual(channels.map(({ channel }) => channel), ["email", "slack"]);
    })
  ),
);

Deno.test(
  "the supervisor leaves a locked row to the next minute and does not wait",
  withOutbox((sql) =>
    withSession(sql, async (session) => {
      const job = "update-installment-statuses";
      await insertFailure(sql, job);
      await sql`
        insert into public.jobs_log (job_name, started_at, status)
        values ('dead-job', now() - interval '1 hour', 'running')
      `;
      const supervise = async () => {
        const [{ report }] = await within(
          4_000,
          "the supervisor is done",
          sql`select jobs.supervise(now() + interval '24 hours') as report`
            .execute(),
        );
        return [report.reaped, report.reminded, report.problems];
      };

      await session`begin`;
      await session`
        select 1 from public.jobs_log where job_name = 'dead-job' for update
      `;
      await session`
        select 1 from jobs.incidents where job_name = ${job} for update
      `;
      deepEqual(await supervise(), [0, 0, []]);
      await session`rollback`;
      deepEqual(await supervise(), [1, 1, []]);
    })
  ),
);

Deno.test(
  "a listener is notified of the id of each alert at commit, and of each retried alert",
  withOutbox((sql) =>
    withSession(sql, async (session) => {
      const notified: string[] = [];
      const { unlisten } = await sql.listen("job_alert", (payload) => {
        notified.push(payload);
      });
      try {
        await claim(sql);
        await session`begin`;
        await insertFailure(session, "undone-job");
        await session`rollback`;

        await insertFailure(sql, "notified-job");
        await insertFailure(sql, "notified-job");
        const [delivery] = await claim(sql);
        await complete(sql, delivery, "given_up");
        const [{ retried }] = await sql`
          select jobs.retry_deliveries(${delivery.channel}) as retried
        `;
        equal(retried, 1);

        const all = await waitFor(
          () => notified.length >= 2 ? notified : undefined,
          20_000,
          10,
        );
        deepEqual(all, [delivery.alert_id, delivery.alert_id]);
      } finally {
        await unlisten();
      }
    })
  ),
);

/** The state of a delivery when two processes report its outcome at once. */
interface TwoReports {
  /** The outcomes in the order in which they reach the database. */
  readonly outcomes: readonly [string, string];
  /** Whether another process has claimed the delivery before it was sent. */
  readonly leaseTakenOver: boolean;
  /** How the transaction of the first report ends. */
  readonly end: "commit" | "rollback";
  readonly status: "sent" | "pending" | "given_up";
}

const twoReports: TwoReports[] = [false, true].flatMap((leaseTakenOver) =>
  ["retry", "given_up"].flatMap((failure): TwoReports[] => {
    const failed = failure === "retry" ? "pending" : "given_up";
    const sentFirst = ["sent", failure] as const;
    const sentLast = [failure, "sent"] as const;
    return [
      { outcomes: sentFirst, leaseTakenOver, end: "commit", status: "sent" },
      { outcomes: sentFirst, leaseTakenOver, end: "rollback", status: failed },
      { outcomes: sentLast, leaseTakenOver, end: "commit", status: "sent" },
      { outcomes: sentLast, leaseTakenOver, end: "rollback", status: "sent" },
    ];
  })
);

for (const { outcomes, leaseTakenOver, end, status } of twoReports) {
  const [first, second] = outcomes;
  Deno.test(
    `a delivery is ${status} when ${first}, which ends in a ${end}, and ` +
      `${second} are reported at once${
        leaseTakenOver ? ", sent by a process that has lost its lease" : ""
      }`,
    withOutbox((sql) =>
      withSession(sql, async (session) => {
        await claim(sql, { channels: [SLACK] });
        await insertFailure(sql, "raced-job");
        const [earlier] = await claim(sql, { channels: [SLACK] });
        const latest = leaseTakenOver ? await claimAgain(sql) : earlier;
        const report = (by: Database, outcome: string) =>
          complete(by, outcome === "sent" ? earlier : latest, outcome);

        await session`begin`;
        await report(session, first);
        const other = report(sql, second);
        await anotherSessionWaitsFor(sql, session);
        await session.unsafe(end);
        await other;

        const [delivery] = await deliveriesOf(sql, "raced-job", "slack");
        equal(delivery.status, status);
      })
    ),
  );
}

Deno.test(
  "a delivery whose outcome is being recorded cannot be claimed, even when its lease is over",
  withOutbox((sql) =>
    withSession(sql, async (session) => {
      await claim(sql, { channels: [SLACK] });
      await insertFailure(sql, "late-job");
      const [delivery] = await claim(sql, { channels: [SLACK] });
      await endLeases(sql);
      await session`begin`;
      await complete(session, delivery, "sent");
      const claimed = await within(
        5_000,
        "the claim has its answer",
        claim(sql, { channels: [SLACK] }),
      );
      deepEqual(claimed, []);
    })
  ),
);

/** Claims the delivery of another process as soon as its lease ends. */
async function claimAgain(sql: Database): Promise<Claimed> {
  await endLeases(sql);
  const [claimed] = await claim(sql, { channels: [SLACK] });
  return claimed;
}

async function endLeases(sql: Database): Promise<void> {
  await sql`
    update jobs.alert_deliveries
    set next_attempt_at = now()
    where status = 'pending'
  `;
}

async function complete(
  sql: Database,
  { alert_id, channel, lease }: Claimed,
  outcome: string,
): Promise<void> {
  await sql`
    select public.complete_job_alert(
      alert_id => ${alert_id},
      channel => ${channel},
      lease => ${lease},
      outcome => ${outcome}
    )
  `;
}
