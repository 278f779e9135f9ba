import assert from "node:assert/strict";
import type { Json } from "../_shared/database.types.ts";
import { FatalError } from "../_shared/jobs/fatal-error.ts";
import { createLogger } from "../_shared/logger.ts";
import type { AddressedMail, SendOptions } from "../_shared/mail/sender.ts";
import { callChecked } from "../_shared/rpc/call.ts";
import type { SendResult } from "../_shared/service/send-result.ts";
import { FakeRuns, networkError } from "../_shared/testing/fake-runs.ts";
import { onFakeTime } from "../_shared/testing/fake-time.ts";
import { TransientError } from "../_shared/transient-error.ts";
import { sendDigest } from "./send-digest.ts";
import {
  agencies,
  claimed,
  FakeLedger,
  LEASE,
  REFUSED_CLAIMS,
} from "./testing/fake-ledger.ts";

const RUN_ID = "11111111-1111-4111-8111-111111111111";
const [agency] = agencies(1);
const sent: SendResult = { kind: "sent", reference: "mail-1" };

type Send = (options: SendOptions) => SendResult | Promise<SendResult>;

interface SetUp {
  /** What the database answers to the claim; without one we may send. */
  readonly claim?: Json;
  readonly send?: Send;
}

function setUp({ claim, send = () => sent }: SetUp = {}) {
  const ledger = new FakeLedger([agency]);
  if (claim !== undefined) ledger.answers.set(agency.id, [claim]);
  const runs = new FakeRuns();
  runs.answerOther = ledger.answer;
  const stop = new AbortController();
  const lines: string[] = [];
  const mails: (AddressedMail & { readonly key: string })[] = [];
  const run = () =>
    sendDigest(agency.id, {
      context: {
        runId: RUN_ID,
        signal: stop.signal,
        log: createLogger((_, line) => lines.push(line)),
        call: (name, args, answer) =>
          callChecked(runs.callRpc, name, args, answer, {
            timeoutMs: 70_000,
            signal: stop.signal,
          }),
      },
      send: async (mail, options) => {
        mails.push({ ...mail, key: options.idempotencyKey });
        return await send(options);
      },
      from: "Accounts <accounts@example.com>",
      linkUrl: null,
    });
  const outcomes = () => ledger.completions.map(({ outcome }) => outcome);
  return { run, runs, ledger, mails, lines, stop, outcomes };
}

Deno.test("an agency's mail goes to its address under the key of the week, and is recorded", () =>
  onFakeTime(async () => {
    const { run, mails, ledger } = setUp();
    assert.equal(await run(), 1);

    const [{ from, to, subject, key }, ...others] = mails;
    assert.deepEqual(others, []);
    assert.equal(from, "Accounts <accounts@example.com>");
    assert.deepEqual(to, [`${agency.id}@example.com`]);
    assert.equal(
      subject,
      "12 overdue installments at Agency 1, 23 November 2026",
    );
    assert.equal(key, `weekly-overdue-digest/2026-W48/${agency.id}`);
    assert.deepEqual(ledger.completions, [{
      agency_id: agency.id,
      week: "2026-W48",
      lease: LEASE,
      outcome: "sent",
      mail_id: "mail-1",
    }]);
  }));

Deno.test("a mail that Resend had already is recorded as sent, without an id", () =>
  onFakeTime(async () => {
    const { run, ledger } = setUp({ send: () => ({ kind: "sent" }) });
    assert.equal(await run(), 1);
    const [{ outcome, mail_id }] = ledger.completions;
    assert.deepEqual({ outcome, mail_id }, {
      outcome: "sent",
      mail_id: undefined,
    });
  }));

const nothingToSend: readonly {
  readonly what: string;
  readonly claim: Json;
  readonly counts: number;
}[] = [
  {
    what: "a mail that this run has sent",
    claim: REFUSED_CLAIMS.already_sent,
    counts: 1,
  },
  {
    what: "a mail that another run has sent",
    claim: { ...REFUSED_CLAIMS.already_sent, by_this_run: false },
    counts: 0,
  },
  {
    what: "an agency where it is not yet Monday, 08:00",
    claim: REFUSED_CLAIMS.not_yet,
    counts: 0,
  },
  {
    what: "an agency whose installments have been paid since",
    claim: REFUSED_CLAIMS.nothing_overdue,
    counts: 0,
  },
  {
    what: "an agency whose address has been removed since",
    claim: REFUSED_CLAIMS.no_address,
    counts: 0,
  },
];

for (const { what, claim, counts } of nothingToSend) {
  Deno.test(`${what} counts ${counts}, and nothing is sent`, async () => {
    const { run, mails, ledger } = setUp({ claim });
    assert.equal(await run(), counts);
    assert.deepEqual(mails, []);
    assert.deepEqual(ledger.completions, []);
  });
}

Deno.test("a mail that another process is sending is claimed again when its lease ends", async () => {
  const { run, mails } = setUp({
    claim: REFUSED_CLAIMS.in_progress,
  });
  await assert.rejects(run(), (error) => {
    assert(error instanceof TransientError);
    assert.equal(error.retryAfterSeconds, 17);
    return true;
  });
  assert.deepEqual(mails, []);
});

Deno.test("a mail with an unknown result for too long is an error that says where to look", async () => {
  const { run, mails } = setUp({
    claim: REFUSED_CLAIMS.unknown_end,
  });
  await assert.rejects(run(), (error) => {
    assert(error instanceof Error);
    assert(!(error instanceof TransientError));
    assert.match(
      error.message,
      /^It is not known whether the mail .* was sent/,
    );
    assert.match(error.message, /2026-11-23T06:00:12\.3\+00:00/);
    return true;
  });
  assert.deepEqual(mails, []);
});

Deno.test("an agency without a known time zone is an error", async () => {
  const { run, mails } = setUp({ claim: REFUSED_CLAIMS.no_time_zone });
  await assert.rejects(run(), /no time zone that the database knows/);
  assert.deepEqual(mails, []);
});

for (
  const address of [
    "accounts",
    "accounts@",
    "a@example.com, b@example.com",
    "Accounts <a@example.com>",
    "a@example.com\r\nBcc: b@example.com",
    "a b@example.com",
  ]
) {
  Deno.test(`${JSON.stringify(address)} is an error that does not repeat it, without a call, and frees the mail`, async () => {
    const { run, mails, outcomes, lines } = setUp({
      claim: claimed(agency, address),
    });
    await assert.rejects(run(), (error) => {
      assert(error instanceof Error);
      assert(!(error instanceof TransientError));
      assert.match(error.message, /contact_email is not a mail address/);
      assert(!error.message.includes(address));
      return true;
    });
    assert.deepEqual(mails, []);
    assert.deepEqual(outcomes(), ["not_sent"]);
    assert(!lines.join().includes(address));
  });
}

const refusals: readonly {
  readonly what: string;
  readonly result: SendResult;
  readonly outcome: string;
  readonly error: "item" | "transient" | "fatal";
}[] = [
  {
    what: "a refused address",
    result: { kind: "permanent", reason: "Resend answered 422: no" },
    outcome: "refused",
    error: "item",
  },
  {
    what: "a refused key",
    result: { kind: "permanent", reason: "403", concernsAll: true },
    outcome: "refused",
    error: "fatal",
  },
  {
    what: "a rate limit",
    result: {
      kind: "transient",
      reason: "429",
      retryAfterSeconds: 1,
      concernsAll: true,
    },
    outcome: "not_sent",
    error: "transient",
  },
  {
    what: "a quota that is used up",
    result: {
      kind: "transient",
      reason: "429",
      retryAfterSeconds: 900,
      concernsAll: true,
    },
    outcome: "not_sent",
    error: "fatal",
  },
  {
    what: "a broken connection",
    result: { kind: "transient", reason: "connection reset" },
    outcome: "unknown",
    error: "transient",
  },
  {
    what: "a server that asks for a long pause",
    result: { kind: "transient", reason: "503", retryAfterSeconds: 600 },
    outcome: "unknown",
    error: "transient",
  },
];

for (const { what, result, outcome, error } of refusals) {
  Deno.test(`${what} is recorded as ${outcome}, then it is ${error === "item" ? "the agency's error" : `a ${error} one`}`, () =>
    onFakeTime(async () => {
      const { run, outcomes } = setUp({ send: () => result });
      await assert.rejects(run(), (thrown) => {
        assert(thrown instanceof Error && result.kind !== "sent");
        assert.equal(thrown instanceof TransientError, error === "transient");
        assert.equal(thrown instanceof FatalError, error === "fatal");
        assert(thrown.message.endsWith(result.reason));
        return true;
      });
      assert.deepEqual(outcomes(), [outcome]);
    }));
}

Deno.test("a service that does not answer within 15 seconds leaves the end unknown", () =>
  onFakeTime(async () => {
    const { run, outcomes } = setUp({
      send: ({ signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason))
        ),
    });
    const begin = Date.now();
    await assert.rejects(run(), TransientError);
    assert.equal(Date.now() - begin, 15_000);
    assert.deepEqual(outcomes(), ["unknown"]);
  }));

Deno.test("a run that is out of time ends the send, and the lease is left to end", () =>
  onFakeTime(async () => {
    const reason = new Error("the run is over");
    const { run, stop, outcomes } = setUp({
      send: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
          stop.abort(reason);
        }),
    });
    await assert.rejects(run(), reason);
    assert.deepEqual(outcomes(), []);
  }));

Deno.test("a mail that is out is recorded even if the database is away for a moment", () =>
  onFakeTime(async () => {
    const { run, runs, mails, outcomes, lines } = setUp();
    const lost = { answer: networkError };
    runs.failNext("complete_overdue_digest", lost, lost, lost);
    assert.equal(await run(), 1);
    assert.equal(mails.length, 1);
    assert.deepEqual(outcomes(), ["sent"]);
    assert.equal(lines.join("\n").match(/digest_not_recorded/g)?.length, 3);
  }));
