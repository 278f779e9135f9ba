import assert from "node:assert/strict";
import { FakeRuns } from "../_shared/testing/fake-runs.ts";
import { JOB_KEY, jobUnderTest } from "../_shared/testing/job-under-test.ts";
import { type Service, startService } from "../_shared/testing/service.ts";
import { weeklyOverdueDigest } from "./job.ts";
import { agencies, FakeLedger, REFUSED_CLAIMS } from "./testing/fake-ledger.ts";

const RUN_ID = "11111111-1111-4111-8111-111111111111";

const accepting = () => Response.json({ id: crypto.randomUUID() });

function setUp(
  { count, resend, ...variables }: {
    readonly count: number;
    readonly resend?: Service;
    readonly [variable: string]: unknown;
  },
) {
  const runs = new FakeRuns();
  const ledger = new FakeLedger(agencies(count));
  runs.answerOther = ledger.answer;
  const job = jobUnderTest(weeklyOverdueDigest, {
    runs,
    environment: {
      JOBS_API_KEY: JOB_KEY,
      ...resend && {
        RESEND_API_KEY: "re_of_the_test_0123456789",
        RESEND_BASE_URL: resend.origin,
        DIGEST_EMAIL_FROM: "accounts@example.com",
      },
      DIGEST_MAILS_PER_SECOND: "50",
      ...variables,
    },
  });
  const execute = async () => {
    const response = await job.trigger({ headers: { "X-Run-Id": RUN_ID } });
    await response.body?.cancel();
    return runs.runs.get(RUN_ID) ?? assert.fail("there is no row");
  };
  return { ...job, ledger, execute };
}

Deno.test("every agency gets one mail, and the row says how many", async () => {
  await using resend = startService(accepting);
  const { execute, ledger } = setUp({ count: 7, resend });
  const row = await execute();

  assert.equal(row.status, "success");
  assert.equal(row.itemsTotal, 7);
  assert.equal(row.itemsProcessed, 7);
  assert.equal(row.recordsUpdated, 7);
  const {
    week,
    agencies_without_address,
    agencies_already_mailed,
    items_overall,
  } = row.metadata;
  assert.deepEqual(
    { week, agencies_without_address, agencies_already_mailed, items_overall },
    {
      week: "2026-W48",
      agencies_without_address: 2,
      agencies_already_mailed: 1,
      items_overall: 8,
    },
  );
  assert.equal(resend.received.length, 7);
  assert.equal(
    new Set(
      resend.received.map(({ headers }) => headers.get("Idempotency-Key")),
    )
      .size,
    7,
  );
  assert(ledger.completions.every(({ outcome }) => outcome === "sent"));
});

Deno.test("without agencies to mail the run succeeds and sends nothing", async () => {
  await using resend = startService(accepting);
  const row = await setUp({ count: 0, resend }).execute();
  assert.equal(row.status, "success");
  assert.equal(row.itemsTotal, 0);
  assert.equal(row.recordsUpdated, 0);
  assert.deepEqual(resend.received, []);
});

Deno.test("an address that is refused is that agency's error and no other's", async () => {
  await using resend = startService(accepting);
  const { execute, ledger, lines } = setUp({ count: 4, resend });
  const [, second] = ledger.listed;
  ledger.answers.set(second.id, [REFUSED_CLAIMS.no_time_zone]);
  const row = await execute();

  assert.equal(row.status, "success");
  assert.equal(row.recordsUpdated, 3);
  assert.deepEqual(row.errors, [{
    id: second.id,
    name: "Agency 2",
    error: "The agency has no time zone that the database knows.",
  }]);
  assert.doesNotMatch(lines.join("\n"), /@example\.com/);
});

Deno.test("without its variables a run fails at once and says what to set", async () => {
  const { execute, ledger } = setUp({ count: 3 });
  const row = await execute();
  assert.equal(row.status, "failed");
  assert.match(
    row.errorMessage ?? "",
    /Still to be set: RESEND_API_KEY, DIGEST_EMAIL_FROM/,
  );
  assert.deepEqual(ledger.claims, []);
});

Deno.test("a key that Resend refuses stops the run at the first agencies", async () => {
  await using resend = startService(() =>
    Response.json(
      {
        statusCode: 403,
        name: "invalid_api_key",
        message: "API key is invalid",
      },
      { status: 403 },
    )
  );
  const { execute, ledger } = setUp({
    count: 100,
    resend,
    DIGEST_MAILS_PER_SECOND: "2",
  });
  const row = await execute();

  assert.equal(row.status, "failed");
  assert.match(
    row.errorMessage ?? "",
    /^No mail can be sent\. Resend answered 403/,
  );
  assert.deepEqual(row.errors, []);
  assert(resend.received.length <= 2, `${resend.received.length} calls`);
  assert(ledger.completions.every(({ outcome }) => outcome === "refused"));
});

Deno.test("no more mails are handed in than so many a second", async () => {
  const arrivals: number[] = [];
  await using resend = startService(() => {
    arrivals.push(performance.now());
    return accepting();
  });
  const { execute } = setUp({ count: 5, resend, DIGEST_MAILS_PER_SECOND: "2" });
  const startedAt = performance.now();
  await execute();

  assert.equal(arrivals.length, 5);
  // From the start, because a mail that arrives late only makes it longer.
  for (const [index, arrival] of arrivals.entries()) {
    const earliest = 1000 * Math.floor(index / 2);
    const elapsed = arrival - startedAt;
    assert(
      elapsed > earliest - 20,
      `mail ${index} arrived after ${elapsed} ms`,
    );
  }
});
