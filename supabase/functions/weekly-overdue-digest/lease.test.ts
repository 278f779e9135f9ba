import assert from "node:assert/strict";
import { createLogger } from "../_shared/logger.ts";
import type { SendMail } from "../_shared/mail/sender.ts";
import { onFakeTime } from "../_shared/testing/fake-time.ts";
import { type DigestDeps, sendDigest } from "./send-digest.ts";
import { agencies, claimed } from "./testing/fake-ledger.ts";

// Another run that gets the lease must find what became of the mail.
const LEFT_TO_RECORD_MS = 5_000;

/** Resend does not answer. */
const hang: SendMail = (_, { signal }) =>
  new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason))
  );

Deno.test("a mail whose send hangs is recorded while its lease still runs", () =>
  onFakeTime(async () => {
    const [agency] = agencies(1);
    const begin = Date.now();
    let leaseSeconds = NaN;
    let recordedAfterMs = NaN;

    const call: DigestDeps["context"]["call"] = (name, args, answer) => {
      if (name === "claim_overdue_digest") {
        ({ lease_seconds: leaseSeconds } = args as { lease_seconds: number });
        return Promise.resolve(answer.parse(claimed(agency)));
      }
      recordedAfterMs = Date.now() - begin;
      return Promise.resolve(
        answer.parse({ state: "claimed", sent_at: null, mail_id: null }),
      );
    };
    await assert.rejects(
      sendDigest(agency.id, {
        context: {
          runId: crypto.randomUUID(),
          call,
          log: createLogger(() => {}),
          signal: new AbortController().signal,
        },
        send: hang,
        from: "Accounts <accounts@example.com>",
        linkUrl: null,
      }),
      /did not answer/,
    );

    assert(
      recordedAfterMs <= leaseSeconds * 1000 - LEFT_TO_RECORD_MS,
      `recorded after ${recordedAfterMs} ms of ${leaseSeconds} s`,
    );
  }));
