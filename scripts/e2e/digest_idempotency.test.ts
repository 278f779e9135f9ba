import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { resendRefusals } from "../stand_ins/resend.ts";
import {
  acceptedThenReset,
  always,
  inTurn,
  late,
  reset,
  sometimes,
} from "../stand_ins/scenario.ts";
import { waitFor } from "../stack/wait.ts";
import { seededRandom } from "../testing/seeded_random.ts";
import { backdateRun } from "./support/backdate.ts";
import type { Database } from "./support/database.ts";
import {
  callsFor,
  DIGEST,
  insertDebtors,
  ledger,
  mailed,
  runDigest,
  withDigest,
} from "./support/digest.ts";
import { within } from "./support/events.ts";
import { killFunction } from "./support/function_secrets.ts";

const never = new Promise<void>(() => {});

Deno.test(
  "an agency gets one mail a week, however often the job runs",
  withDigest(async (resend, sql) => {
    await insertDebtors(sql, 3);
    const first = await runDigest();
    equal(first.status, 200);
    equal(first.body.recordsUpdated, 3);

    const second = await runDigest();
    equal(second.status, 200);
    deepEqual(
      [second.body.recordsUpdated, second.body.itemsTotal],
      [0, 0],
    );
    deepEqual(await metadataOf(sql, second.body.runId), {
      agencies_already_mailed: 3,
      agencies_without_address: 0,
    });
    equal(resend.calls.entries.length, 3);
    equal(mailed(resend).length, 3);

    // A mail of last week does not count for this one.
    await sql`
      update jobs.overdue_digests
      set week = to_char((now() - interval '7 days') at time zone 'UTC', 'IYYY-"W"IW')
    `;
    equal((await runDigest()).body.recordsUpdated, 3);
  }),
);

Deno.test(
  "only one of twenty simultaneous triggers sends",
  withDigest(async (resend, sql) => {
    await insertDebtors(sql, 10);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => runDigest()),
    );
    const sent = answers.flatMap(({ body }) => body.recordsUpdated ?? []);
    equal(sent.reduce((sum, count) => sum + count, 0), 10);
    ok(answers.every(({ status }) => status === 200 || status === 409));
    equal(mailed(resend).length, 10);
    equal(resend.calls.entries.length, 10);
  }),
);

Deno.test(
  "the next run after a function was killed between send and record uses the same key and sends no second mail",
  withDigest(async (resend, sql) => {
    const [agency] = await insertDebtors(sql, 1);
    await killWhileSending(sql, async () => {
      resend.follow(inTurn(late(never)));
      const [call] = await within(
        20_000,
        "the mail is sent",
        resend.calls.until((calls) => calls.length === 1),
      );
      equal(call.delivered, true);
    }, { leaseSeconds: 3 });
    equal((await ledger(sql)).get(agency.id)?.state, "claimed");

    const answer = await runDigest();
    equal(answer.status, 200);
    equal(answer.body.recordsUpdated, 1);
    const [sent, repeated, ...others] = callsFor(resend, agency);
    deepEqual(others, []);
    equal(repeated.idempotencyKey, sent.idempotencyKey);
    deepEqual(repeated.email, sent.email);
    deepEqual([sent.delivered, repeated.delivered], [true, false]);
    equal((await ledger(sql)).get(agency.id)?.state, "sent");
  }),
);

Deno.test(
  "the next run after a function was killed before the send sends the mail",
  withDigest(async (resend, sql) => {
    const [agency] = await insertDebtors(sql, 1);
    await killWhileSending(sql, async () => {
      resend.follow(inTurn({ name: "lost", reply: "hang", accepts: false }));
      await within(
        20_000,
        "the mail is handed in",
        resend.calls.until((calls) => calls.length === 1),
      );
    });
    equal((await runDigest()).body.recordsUpdated, 1);
    deepEqual(callsFor(resend, agency).map(({ delivered }) => delivered), [
      false,
      true,
    ]);
  }),
);

Deno.test(
  "a mail of a killed function whose content would differ by now counts as sent",
  withDigest(async (resend, sql) => {
    const [agency] = await insertDebtors(sql, 1);
    await sql`
      insert into public.installments (
        payment_plan_id, amount, student_due_date, status
      )
      select payment_plan_id, 50, student_due_date, 'pending'
      from public.installments
    `;
    await killWhileSending(sql, async () => {
      resend.follow(inTurn(late(never)));
      await within(
        20_000,
        "the mail is sent",
        resend.calls.until((calls) => calls.length === 1),
      );
    });
    await sql`update public.installments set status = 'paid' where amount = 50`;

    equal((await runDigest()).body.recordsUpdated, 1);
    deepEqual(
      callsFor(resend, agency).map((
        { delivered, fault },
      ) => [delivered, fault]),
      [[true, "late"], [false, "invalid_idempotent_request"]],
    );
    deepEqual((await ledger(sql)).get(agency.id), {
      state: "sent",
      mail_id: null,
    });
  }),
);

Deno.test(
  "after 23 hours a mail with an unknown outcome is not sent again, and the run reports it",
  withDigest(async (resend, sql) => {
    const [agency] = await insertDebtors(sql, 1);
    await killWhileSending(sql, async () => {
      resend.follow(inTurn(late(never)));
      await within(
        20_000,
        "the mail is sent",
        resend.calls.until((calls) => calls.length === 1),
      );
    });
    await sql`
      update jobs.overdue_digests
      set claimed_at = claimed_at - interval '23 hours'
    `;

    const { status, body } = await runDigest();
    equal(status, 500);
    equal(body.error.code, "run_failed");
    const [{ id, name, error }] = body.errors;
    deepEqual([id, name], [agency.id, agency.name]);
    match(error, /^It is not known whether the mail of this week was sent/);
    equal(callsFor(resend, agency).length, 1);
  }),
);

Deno.test(
  "a sent digest can be released and is sent again as a new mail",
  withDigest(async (resend, sql) => {
    const [agency, other] = await insertDebtors(sql, 2);
    await runDigest();
    await sql`select jobs.release_overdue_digest(${agency.id})`;
    equal((await runDigest()).body.recordsUpdated, 1);
    deepEqual(callsFor(resend, agency).map(({ delivered }) => delivered), [
      true,
      true,
    ]);
    equal(callsFor(resend, other).length, 1);
  }),
);

Deno.test(
  "a run that is reaped while it sends and the next run send one mail per agency",
  withDigest(async (resend, sql) => {
    const agencies = await insertDebtors(sql, 2);
    const released = Promise.withResolvers<void>();
    resend.follow(inTurn(late(released.promise), late(released.promise)));
    const abandoned = runDigest();
    await within(
      20_000,
      "both mails are sent",
      resend.calls.until((calls) => calls.length === 2),
    );
    await endRunning(sql);
    await endLeases(sql);

    const next = await runDigest();
    equal(next.status, 200);
    equal(next.body.recordsUpdated, 2);
    released.resolve();
    equal((await abandoned).status, 500);

    equal(mailed(resend).length, 2);
    for (const agency of agencies) {
      equal((await ledger(sql)).get(agency.id)?.state, "sent");
    }
  }),
);

Deno.test(
  "broken connections and a busy service lose no mail and send none twice",
  withDigest(async (resend, sql) => {
    await insertDebtors(sql, 5);
    resend.follow(inTurn(
      acceptedThenReset,
      reset,
      resendRefusals.applicationError,
      resendRefusals.rateLimited(1),
    ));
    const { status, body } = await runDigest();
    equal(status, 200);
    deepEqual([body.recordsUpdated, body.errors], [5, []]);
    equal(new Set(mailed(resend)).size, 5);
    equal(mailed(resend).length, 5);
  }),
);

Deno.test(
  "200 agencies get one mail each while the function is killed five times and a third of the calls fail",
  withDigest(async (resend, sql) => {
    const agencies = await insertDebtors(sql, 200);
    resend.follow(sometimes({
      seed: 5,
      percent: 37,
      inARow: 2,
      possibilities: [
        { fault: reset },
        { fault: acceptedThenReset },
        { fault: resendRefusals.applicationError },
        { fault: resendRefusals.rateLimited(1) },
      ],
    }));
    const random = seededRandom(5);
    for (let kill = 0; kill < 5; kill++) {
      const before = resend.calls.entries.length;
      const calls = random.integer(1, 40);
      await killWhileSending(sql, async () => {
        await within(
          20_000,
          `${calls} more calls`,
          resend.calls.until(({ length }) => length >= before + calls),
        );
      });
    }
    resend.follow(() => null);
    const { status, body } = await runDigest();
    equal(status, 200);
    deepEqual(body.errors, []);

    equal(mailed(resend).length, agencies.length);
    equal(new Set(mailed(resend)).size, agencies.length);
    const states = [...(await ledger(sql)).values()];
    equal(states.filter(({ state }) => state === "sent").length, 200);
    ok(
      resend.calls.entries.some(({ delivered, fault }) =>
        !delivered && fault === null
      ),
    );
  }),
);

Deno.test(
  "a refused address is an error of one agency, which is mailed when it is corrected",
  withDigest(async (resend, sql) => {
    const [refused, ...others] = await insertDebtors(sql, 5);
    resend.follow(({ message }) =>
      message.includes(refused.id) ? resendRefusals.invalidRecipient : null
    );
    const first = await runDigest();
    equal(first.status, 200);
    equal(first.body.recordsUpdated, others.length);
    const [{ id, error }] = first.body.errors;
    equal(id, refused.id);
    match(error, /^Resend answered 422: validation_error/);

    resend.follow(() => null);
    await sql`
      update public.agencies
      set contact_email = 'corrected@example.com'
      where id = ${refused.id}
    `;
    const second = await runDigest();
    deepEqual([second.body.recordsUpdated, second.body.errors], [1, []]);
    equal(
      mailed(resend).filter((to) => to === "corrected@example.com").length,
      1,
    );
    equal(mailed(resend).length, 5);
  }),
);

Deno.test(
  "one bad address that is left of a week fails no run",
  withDigest(async (resend, sql) => {
    const [bad, ...others] = await insertDebtors(sql, 5, {
      address: (number) =>
        number === 1 ? "no address" : `agency-${number}@example.com`,
    });
    equal((await runDigest()).body.recordsUpdated, others.length);

    const { status, body } = await runDigest();
    equal(status, 200);
    deepEqual([body.itemsTotal, body.recordsUpdated], [1, 0]);
    deepEqual(body.errors.map(({ id }: { id: string }) => id), [bad.id]);
    const [run] = await sql`
      select status, metadata -> 'items_overall' as overall
      from public.jobs_log
      where id = ${body.runId}
    `;
    deepEqual({ ...run }, { status: "success", overall: 5 });
    equal(mailed(resend).length, 4);
  }),
);

Deno.test(
  "a release and a dispatch in one transaction are refused with what to do, and one after the other they send",
  withDigest(async (resend, sql) => {
    const [agency] = await insertDebtors(sql, 1);
    await runDigest();
    await rejects(
      sql.unsafe(`
        select jobs.release_overdue_digest('${agency.id}');
        select jobs.dispatch('${DIGEST}');
      `).simple(),
      /has changed jobs\.overdue_digests.*: commit first, and send the dispatch on its own/,
    );
    equal((await ledger(sql)).get(agency.id)?.state, "sent");

    await rejects(
      sql.begin(async (transaction) => {
        await transaction`
          update public.agencies set contact_email = 'other@example.com'
        `;
        await transaction`select jobs.dispatch(${DIGEST})`;
      }),
      /has changed public\.agencies/,
    );
    deepEqual([...await sql`select 1 from jobs_log offset 1`], []);

    await sql`select jobs.release_overdue_digest(${agency.id})`;
    await sql`select jobs.dispatch(${DIGEST})`;
    equal(mailed(resend).length, 2);
  }),
);

Deno.test(
  "a used-up quota ends the run, and the next run sends the rest",
  withDigest(async (resend, sql) => {
    await insertDebtors(sql, 120);
    let taken = 0;
    resend.follow(() => ++taken > 30 ? resendRefusals.quotaExceeded : null);
    const first = await runDigest();
    equal(first.status, 500);
    equal(first.body.error.code, "run_failed");
    match(
      first.body.error.message,
      /No mail can be sent.*daily_quota_exceeded/,
    );
    equal(first.body.recordsUpdated, 30);
    deepEqual(first.body.errors, []);
    // Mails in flight end, and no 120 calls are made.
    ok(resend.calls.entries.length <= 30 + 50);

    resend.follow(() => null);
    const second = await runDigest();
    equal(second.status, 200);
    equal(second.body.recordsUpdated, 90);
    equal(new Set(mailed(resend)).size, 120);
    equal(mailed(resend).length, 120);
  }),
);

Deno.test(
  "a key that Resend refuses ends the run at once",
  withDigest(async (resend, sql) => {
    await insertDebtors(sql, 120);
    resend.follow(always(resendRefusals.domainNotVerified));
    const { status, body } = await runDigest();
    equal(status, 500);
    match(body.error.message, /No mail can be sent.*not verified/);
    ok(resend.calls.entries.length <= 50);
    deepEqual(mailed(resend), []);
  }),
);

/**
 * Starts a run, kills its function while mails are on their way, and ends it.
 *
 * @param options.leaseSeconds how long the leases last from then on.
 */
async function killWhileSending(
  sql: Database,
  sending: () => Promise<void>,
  { leaseSeconds = 0 } = {},
): Promise<void> {
  const onItsWay = sending();
  const underWay = runDigest();
  await onItsWay;
  await killFunction(DIGEST);
  equal((await underWay).status, 502);
  await endRunning(sql);
  await endLeases(sql, leaseSeconds);
}

/** Moves the end of the leases to now, or nearly so. */
async function endLeases(sql: Database, secondsLeft = 0): Promise<void> {
  await sql`
    update jobs.overdue_digests
    set leased_until = now() + make_interval(secs => ${secondsLeft})
    where lease is not null
  `;
}

/** Makes the supervisor reap the run. */
async function endRunning(sql: Database): Promise<void> {
  const [{ id }] = await sql<{ id: string }[]>`
    select id
    from public.jobs_log
    where status = 'running'
  `;
  await backdateRun(sql, id, 15);
  const [{ command }] = await sql`
    select jobs.supervisor_command() as command
  `;
  const ended = await waitFor(async () => {
    await sql.unsafe(command);
    const [{ status }] = await sql`
      select status from public.jobs_log where id = ${id}
    `;
    return status === "failed" ? true : undefined;
  }, 30_000);
  equal(ended, true, "the supervisor did not end the run");
}

async function metadataOf(sql: Database, runId: string) {
  const [{ metadata }] = await sql`
    select metadata from public.jobs_log where id = ${runId}
  `;
  const { agencies_already_mailed, agencies_without_address } = metadata;
  return { agencies_already_mailed, agencies_without_address };
}
