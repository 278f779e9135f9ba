import { FatalError } from "../_shared/jobs/fatal-error.ts";
import type { JobContext } from "../_shared/jobs/job.ts";
import { mailAddress } from "../_shared/mail/mailbox.ts";
import type { AddressedMail, SendMail } from "../_shared/mail/sender.ts";
import {
  isTransient,
  logFailedAttempts,
  retryTransient,
} from "../_shared/retry.ts";
import type { SendResult } from "../_shared/service/send-result.ts";
import { TimeLimit } from "../_shared/time-limit.ts";
import { TransientError } from "../_shared/transient-error.ts";
import { claim, type ClaimedDigest, completion } from "./ledger.ts";
import { digestMail } from "./mail/mail.ts";

const SEND_TIMEOUT_MS = 15_000;

// Long enough for one send and for recording how it ended. What a killed
// process held is free again before a retry gives up waiting for it.
const LEASE_SECONDS = 30;

/** What a digest is sent with. */
export interface DigestDeps {
  readonly context: Pick<JobContext, "runId" | "call" | "log" | "signal">;
  readonly send: SendMail;
  /** Who the mail is from. */
  readonly from: string;
  readonly linkUrl: string | null;
}

/**
 * Sends one agency's mail of this week, unless it was sent before. Repeating it
 * is safe: the ledger in the database lets one process send at a time, and
 * under the key that it gives out, Resend sends one mail.
 *
 * @returns how many mails are due to this run: 1 or 0.
 * @throws {TransientError} when it may be sent a little later.
 * @throws {FatalError} when no agency's mail can be sent.
 * @throws what keeps this agency's mail from being sent, without its address.
 */
export async function sendDigest(
  agencyId: string,
  deps: DigestDeps,
): Promise<number> {
  const { runId, call } = deps.context;
  const answer = await call("claim_overdue_digest", {
    run_id: runId,
    agency_id: agencyId,
    lease_seconds: LEASE_SECONDS,
  }, claim);

  switch (answer.status) {
    case "claimed":
      return await deliver(answer, deps);
    case "already_sent":
      return answer.by_this_run ? 1 : 0;
    // Paid, taken away or moved to another time zone since the list was made.
    case "not_yet":
    case "nothing_overdue":
    case "no_address":
      return 0;
    case "in_progress":
      throw new TransientError(
        "The mail of this week is being sent by another process.",
        { retryAfterSeconds: answer.retry_after_seconds },
      );
    case "unknown_end":
      throw new Error(
        "It is not known whether the mail of this week was sent: a process " +
          `started to send it at ${answer.first_claimed_at} and did not ` +
          "record the result. It is not sent again. Look for it in Resend's " +
          "list of sent mails.",
      );
    case "no_time_zone":
      throw new Error("The agency has no time zone that the database knows.");
  }
}

async function deliver(
  digest: ClaimedDigest,
  deps: DigestDeps,
): Promise<number> {
  const address = mailAddress.safeParse(digest.agency.contact_email);
  if (!address.success) {
    await complete(digest, { outcome: "not_sent" }, deps);
    throw new Error("The agency's contact_email is not a mail address.");
  }
  const mail = {
    from: deps.from,
    to: [address.data],
    ...digestMail(digest, deps.linkUrl),
  };
  const result = await attempt(mail, digest, deps);
  await complete(digest, endOf(result), deps);
  if (result.kind !== "sent") throw asError(result);
  deps.context.log.info("digest_sent", {
    agencyId: digest.agency.id,
    installments: digest.installments,
    mailId: result.reference ?? null,
    repeated: digest.repeated,
  });
  return 1;
}

async function attempt(
  mail: AddressedMail,
  { idempotency_key, repeated }: ClaimedDigest,
  { send, context: { signal } }: DigestDeps,
): Promise<SendResult> {
  using limit = new TimeLimit(SEND_TIMEOUT_MS);
  try {
    return await send(mail, {
      idempotencyKey: idempotency_key,
      mayBeSent: repeated,
      signal: AbortSignal.any([signal, limit.signal]),
    });
  } catch (error) {
    if (signal.aborted || !limit.signal.aborted) throw error;
    return {
      kind: "transient",
      reason: `Resend did not answer within ${SEND_TIMEOUT_MS / 1000} seconds.`,
    };
  }
}

/** How an attempt to send ended, as the ledger knows it. */
interface End {
  readonly outcome: "sent" | "refused" | "not_sent" | "unknown";
  readonly mail_id?: string;
}

function endOf(result: SendResult): End {
  switch (result.kind) {
    case "sent":
      return {
        outcome: "sent",
        ...result.reference !== undefined && { mail_id: result.reference },
      };
    case "permanent":
      return { outcome: "refused" };
    // One attempt may be two requests, as runtimes repeat one on a connection
    // that breaks: the next has to have the same key, whatever this one says.
    case "transient":
      return { outcome: result.concernsAll ? "not_sent" : "unknown" };
  }
}

/** Writes down how the attempt ended, before anything else is made of it. */
async function complete(
  { agency, week, lease }: ClaimedDigest,
  end: End,
  { context: { call, log, signal } }: DigestDeps,
): Promise<void> {
  const complete = () =>
    call(
      "complete_overdue_digest",
      { agency_id: agency.id, week, lease, ...end },
      completion,
    );
  await retryTransient(complete, {
    signal,
    onFailedAttempt: logFailedAttempts(log, "digest_not_recorded", {
      agencyId: agency.id,
      outcome: end.outcome,
    }),
  });
}

function asError(result: Exclude<SendResult, { kind: "sent" }>): Error {
  const error = result.kind === "permanent"
    ? new Error(result.reason)
    : new TransientError(result.reason, result);
  return result.concernsAll && !isTransient(error)
    ? new FatalError(`No mail can be sent. ${result.reason}`)
    : error;
}
