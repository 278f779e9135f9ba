import { deepEqual, equal, match, ok } from "node:assert/strict";
import { late } from "../stand_ins/scenario.ts";
import { type Random, seededRandom } from "../testing/seeded_random.ts";
import {
  type ExpectedDigest,
  expectedDigest,
  localOf,
  type OracleAgency,
  type OracleInstallment,
} from "./oracle/digest_oracle.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import {
  DIGEST,
  insertDebtors,
  ledger,
  mailed,
  mayBeMailed,
  runDigest,
  SENDER,
  whereMailsAreSent,
  withDigest,
} from "./support/digest.ts";
import { withFunctionSecrets } from "./support/function_secrets.ts";

const DAY_MS = 86_400_000;

Deno.test(
  "the mails are exact to the day and the cent in Kiritimati and Honolulu, which never have the same date",
  withDigest(async (resend, sql) => {
    const random = seededRandom(20_261_123);
    const agencies = [
      randomAgency(random, "Pacific/Kiritimati", "00:00:00"),
      randomAgency(random, "Pacific/Kiritimati", "23:59:59"),
      randomAgency(random, "Pacific/Honolulu", "00:00:00"),
      randomAgency(random, "Pacific/Honolulu", "23:59:59"),
      randomAgency(random, "Asia/Kathmandu", "12:00:00"),
      randomAgency(random, "Australia/Brisbane", "17:00:00"),
    ];
    for (const agency of agencies) await insertAgency(sql, agency);

    const { status, body } = await runDigest();
    equal(status, 200);
    const at = await startOf(sql, body.runId);
    const [mailed, tooEarly] = [true, false].map((may) =>
      agencies.filter(({ timezone }) =>
        mayBeMailed(timezone, new Date(at)) === may
      )
    );
    equal(body.recordsUpdated, mailed.length);
    for (const { name } of tooEarly) {
      ok(!resend.calls.entries.some(({ text }) => text.includes(name)), name);
    }

    for (const agency of mailed) {
      const { email } = await resend.calls.first(({ text }) =>
        text.includes(agency.name)
      );
      ok(email !== null);
      equal(email.from, SENDER);
      const expected = await expectedDigest(agency, at);
      ok(expected !== null && expected.more > 0 && expected.totals.length > 1);
      deepEqual(readDigest(email.text), expected);
      for (const phrase of phrasesOf(expected)) {
        ok(
          visible(email.html).includes(phrase),
          `${phrase} is not in the HTML`,
        );
      }
    }
    const today = new Set(
      agencies.map(({ timezone }) => localOf(timezone, at).date),
    );
    ok(today.size >= 2);
  }),
);

Deno.test(
  "an installment due today is overdue from the cut-off in its agency's local time",
  withDigest(async (resend, sql) => {
    // Not where it is too early for a mail; and never where that is Monday.
    const now = new Date();
    const zone = mayBeMailed("Pacific/Kiritimati", now)
      ? "Pacific/Kiritimati"
      : "Asia/Kolkata";
    const due = localOf(zone, now.toISOString()).date;
    const dueToday = (name: string, timezone: string, cutoff: string) =>
      insertAgency(sql, {
        name,
        timezone,
        cutoff,
        installments: [installment({ due })],
      });
    await dueToday("Past the cut-off", zone, "00:00:00");
    await dueToday("Before it", zone, "23:59:59");
    if (localOf("Pacific/Honolulu", now.toISOString()).date < due) {
      await dueToday("The day before", "Pacific/Honolulu", "00:00:00");
    }

    equal((await runDigest()).body.recordsUpdated, 1);
    const [{ text }] = resend.calls.entries;
    match(text, /Past the cut-off/);
    match(text, /^ {2}due today, /m);
  }),
);

Deno.test(
  "a name with markup, quotes and line feeds is escaped in the mail",
  withDigest(async (resend, sql) => {
    const nasty = `<script>alert("1")</script> & 'x'\r\nBcc: all@example.com`;
    await insertAgency(sql, {
      name: nasty,
      timezone: whereMailsAreSent(new Date()),
      cutoff: "17:00:00",
      installments: [
        installment({ student: nasty, course: `<img src="x">` }),
        installment({ student: "Plain" }),
      ],
    });
    equal((await runDigest()).body.recordsUpdated, 1);

    const [{ email }] = resend.calls.entries;
    ok(email !== null);
    const inOneLine = `<script>alert("1")</script> & 'x' Bcc: all@example.com`;
    ok(email.subject.includes(inOneLine));
    for (const part of [inOneLine, `<img src="x">`]) {
      ok(email.text.includes(part));
      ok(visible(email.html).includes(part));
    }
    equal(/<(?:script|img)/.test(email.html), false);
  }),
);

Deno.test(
  "agencies without an address are counted, and an invalid address is an error without a call",
  withDigest(async (resend, sql) => {
    const unusable = [null, "", "  ", "no address"];
    await insertDebtors(sql, 9, {
      address: (number) =>
        number <= unusable.length
          ? unusable[number - 1]
          : `agency-${number}@example.com`,
    });
    const { status, body } = await runDigest();
    equal(status, 200);
    deepEqual([body.itemsTotal, body.recordsUpdated], [6, 5]);
    deepEqual(body.errors.map(({ name }: { name: string }) => name), [
      "Agency 0004",
    ]);
    match(body.errors[0].error, /contact_email is not a mail address/);

    const [{ metadata }] = await sql`
      select metadata from public.jobs_log where id = ${body.runId}
    `;
    equal(metadata.agencies_without_address, 3);
    equal(metadata.agencies_already_mailed, 0);
    match(metadata.week, /^\d{4}-W\d{2}$/);
    equal(resend.calls.entries.length, 5);
  }),
);

Deno.test(
  "1,200 agencies are mailed once each, although the Data API cuts row sets at 1,000",
  withDigest(async (resend, sql) => {
    await insertDebtors(sql, 1_200);
    const { status, body } = await runDigest();
    equal(status, 200);
    deepEqual(
      [body.itemsTotal, body.itemsProcessed, body.recordsUpdated],
      [1_200, 1_200, 1_200],
    );
    equal(new Set(mailed(resend)).size, 1_200);
    equal(resend.calls.entries.length, 1_200);
    const states = [...(await ledger(sql)).values()];
    equal(states.filter(({ state }) => state === "sent").length, 1_200);
  }),
);

Deno.test(
  "a digest without overdue installments is a success with 0 records",
  withDigest(async (resend, sql) => {
    await insertAgency(sql, {
      name: "Paid up",
      timezone: "UTC",
      cutoff: "17:00:00",
      installments: [installment({ status: "paid" })],
    });
    const { status, body } = await runDigest();
    equal(status, 200);
    deepEqual([body.itemsTotal, body.recordsUpdated], [0, 0]);
    deepEqual(resend.calls.entries, []);
  }),
);

Deno.test(
  "an installment that is paid after the list was made is not in the mail",
  withDigest(async (resend, sql) => {
    const [first, second] = await insertDebtors(sql, 2);
    const paid = Promise.withResolvers<void>();
    await withFunctionSecrets(DIGEST, {
      RESEND_API_KEY: resend.apiKey,
      RESEND_BASE_URL: resend.baseUrl,
      DIGEST_EMAIL_FROM: SENDER,
      DIGEST_MAILS_PER_SECOND: "1",
    }, async () => {
      resend.follow(() => late(paid.promise));
      const run = runDigest();
      const { message } = await resend.calls.first(() => true);
      const other = message.includes(first.id) ? second : first;
      await sql`
        update public.installments as installment
        set status = 'paid'
        from public.payment_plans as plan
        where plan.id = installment.payment_plan_id
          and plan.agency_id = ${other.id}
      `;
      paid.resolve();
      const { status, body } = await run;
      equal(status, 200);
      deepEqual(
        [body.itemsTotal, body.itemsProcessed, body.recordsUpdated],
        [2, 2, 1],
      );
    });
    equal(mailed(resend).length, 1);
  }),
);

Deno.test("without a sender the function starts, and a run fails with the variables to set", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await insertDebtors(sql, 1);
    await withFunctionSecrets(DIGEST, {}, async () => {
      const { status, body } = await runDigest();
      equal(status, 500);
      equal(body.error.code, "run_failed");
      equal(
        body.error.message,
        "The digest cannot be sent. Still to be set: RESEND_API_KEY, " +
          "DIGEST_EMAIL_FROM (or ALERT_EMAIL_FROM).",
      );
    });
  }));

Deno.test(
  "the database starts the digest, paused or not, and its success sends no mail to operators",
  withDigest(async (resend, sql) => {
    await insertDebtors(sql, 2);
    const [{ run_id }] = await sql`
      select jobs.dispatch(${DIGEST}, 'cron') as run_id
    `;
    const [row] = await sql`
      select status, trigger_source, records_updated
      from public.jobs_log
      where id = ${run_id}
    `;
    deepEqual({ ...row }, {
      status: "success",
      trigger_source: "cron",
      records_updated: 2,
    });
    equal(mailed(resend).length, 2);
    deepEqual([
      ...await sql`select kind from jobs.alerts where job_name = ${DIGEST}`,
    ], []);
  }),
);

/** Ninety installments around today, most of them overdue. */
function randomAgency(
  random: Random,
  timezone: string,
  cutoff: string,
): OracleAgency {
  const today = Date.parse(localOf(timezone, new Date().toISOString()).date);
  return {
    name: `${timezone} at ${cutoff}`,
    timezone,
    cutoff,
    installments: Array.from({ length: 90 }, () =>
      installment({
        student: random.pick(["Amina Diallo", "Chen Wei", "Björn", null]),
        course: random.pick(["General English", null]),
        currency: random.pick(["AUD", "NZD", "JPY"]),
        cents: BigInt(random.integer(1, 99_999)) *
          BigInt(random.pick([1, 1_000, 99_999])),
        due: new Date(today - random.integer(-2, 12) * DAY_MS)
          .toISOString().slice(0, 10),
        status: random.pick(["pending", "pending", "overdue", "paid", "draft"]),
        planStatus: random.pick(["active", "active", "active", "completed"]),
      })),
  };
}

function installment(
  changes: Partial<OracleInstallment> = {},
): OracleInstallment {
  const { currency = "AUD", cents = 10_000n } = changes;
  return {
    id: crypto.randomUUID(),
    student: "Amina Diallo",
    course: null,
    due: "2026-01-05",
    planStatus: "active",
    status: "pending",
    ...changes,
    currency,
    // A yen has no hundredths.
    cents: currency === "JPY" ? cents - cents % 100n + 100n : cents,
  };
}

async function insertAgency(
  sql: Database,
  { name, timezone, cutoff, installments }: OracleAgency,
): Promise<void> {
  const [{ id }] = await sql`
    insert into public.agencies (
      name, timezone, overdue_cutoff_time, contact_email
    )
    values (${name}, ${timezone}, ${cutoff}, 'accounts@example.com')
    returning id
  `;
  for (const each of installments) {
    await sql`
      with plan as (
        insert into public.payment_plans (
          agency_id, status, student_name, course_name, currency
        )
        values (
          ${id}, ${each.planStatus}, ${each.student}, ${each.course}, ${each.currency}
        )
        returning payment_plans.id
      )
      insert into public.installments (
        id, payment_plan_id, amount, student_due_date, status
      )
      select
        ${each.id}, plan.id, ${
      String(each.cents)
    }::numeric / 100, ${each.due}, ${each.status}
      from plan
    `;
  }
}

async function startOf(sql: Database, runId: string): Promise<string> {
  const [{ at }] = await sql`
    select to_char(
      started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
    ) as at
    from public.jobs_log
    where id = ${runId}
  `;
  return at;
}

/** Splits a plain-text digest into its parts. */
function readDigest(text: string): ExpectedDigest {
  const blocks = text.split("\n\n");
  const [title] = blocks[0].split("\n");
  const instant = /^At .*?\), /.exec(blocks[1])?.[0] ?? "";
  const [, ...totals] = blocks[2].split("\n");
  return {
    head: [title, instant],
    totals: totals.map((line) => line.replace(/ {2,}/g, "  ")).sort(),
    installments: [...text.matchAll(/^(- .*)\n( {2}(?:due|marked) .*)$/gm)]
      .map(([, first, second]) => [first, second]),
    more: [...text.matchAll(/^… and (\d+) more$/gm)]
      .reduce((sum, [, count]) => sum + Number(count), 0),
  };
}

/** The phrases that the HTML contains as well. */
function phrasesOf({ head, totals, installments }: ExpectedDigest): string[] {
  return [
    ...head,
    ...totals.flatMap((line) => line.replace(/[()]/g, "").split("  ")),
    ...installments.flatMap(([amountAndName, due]) => [
      amountAndName.slice(2, amountAndName.indexOf(": ")),
      due.trim(),
    ]),
  ];
}

/** The visible text of the HTML, decoded as in a browser. */
function visible(html: string): string {
  return html
    .replace(/^.*<body/s, "<body")
    .replace(/<[^>]*>/g, "\n")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}
