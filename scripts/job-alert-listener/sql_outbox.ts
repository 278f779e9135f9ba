import pRetry from "p-retry";
import postgres from "postgres";
import { z } from "zod";
import {
  claimArguments,
  claimedDeliveries,
  completion,
  completionArguments,
  type Outbox,
} from "../../supabase/functions/_shared/alerts/outbox.ts";
import { explainIssues } from "../../supabase/functions/_shared/explain-issues.ts";
import { isTransientCode } from "../../supabase/functions/_shared/rpc/failure.ts";
import type { Ask } from "./connection.ts";

const CLAIM = `
  select public.claim_job_alerts(
    channels => $1,
    max_count => $2,
    lease_seconds => $3
  ) as answer
`;

const COMPLETE = `
  select
    answer || jsonb_build_object(
      'due_in_ms',
      1000 * extract(epoch from (answer ->> 'next_attempt_at')::timestamptz - now())
    ) as answer
  from public.complete_job_alert(
    alert_id => $1,
    channel => $2,
    lease => $3,
    outcome => $4,
    error => $5,
    retry_after_seconds => $6,
    pause_channel => $7
  ) as answer
`;

// Outlasts a restart of the database. What was sent and is not marked is sent
// again.
const COMPLETION_PATIENCE_MS = 120_000;

/** What happens to the calls of the outbox. */
export interface OutboxEvents {
  /** The database knows these channels and has said what is due on them. */
  onClaimed(channels: readonly string[]): void;
  /** The database could not be asked what is due. */
  onClaimFailed(error: unknown): void;
  /** The outcome of an attempt could not be recorded yet. */
  onCompletionFailed(
    failure: {
      readonly alertId: string;
      readonly channel: string;
      readonly attempt: number;
      readonly error: unknown;
    },
  ): void;
}

/**
 * The outbox over direct connections.
 *
 * A claim is made once: the next one is never far. A completion is repeated for
 * two minutes while the database cannot be reached.
 *
 * @param ask runs a statement and gives its answer.
 */
export function createSqlOutbox(ask: Ask, events: OutboxEvents): Outbox {
  return {
    async claim(channels, maxCount) {
      const args = claimArguments(channels, maxCount);
      try {
        const answer = await ask(CLAIM, [
          args.channels,
          args.max_count,
          args.lease_seconds,
        ]);
        const deliveries = checked(answer, claimedDeliveries);
        events.onClaimed(channels.map(({ name }) => name));
        return deliveries;
      } catch (error) {
        events.onClaimFailed(error);
        throw error;
      }
    },

    async complete(delivery, result) {
      const args = completionArguments(delivery, result);
      const values = [
        args.alert_id,
        args.channel,
        args.lease,
        args.outcome,
        args.error ?? null,
        args.retry_after_seconds ?? null,
        args.pause_channel ?? false,
      ];
      const answer = await pRetry(() => ask(COMPLETE, values), {
        retries: Infinity,
        maxRetryTime: COMPLETION_PATIENCE_MS,
        minTimeout: 100,
        maxTimeout: 2_000,
        // What does not come from the server is about the way to it.
        shouldRetry: ({ error }) =>
          !(error instanceof postgres.PostgresError) ||
          isTransientCode(error.code),
        onFailedAttempt: ({ error, attemptNumber }) =>
          events.onCompletionFailed({
            alertId: delivery.alert_id,
            channel: delivery.channel,
            attempt: attemptNumber,
            error,
          }),
      });
      const { status, due_in_ms } = checked(answer, timedCompletion);
      // The database's clock may be seconds away from ours, and a retry that we
      // look for too early would be found only at the next poll.
      const nextAttemptAt = due_in_ms === null
        ? null
        : new Date(Date.now() + due_in_ms).toISOString();
      return { status, next_attempt_at: nextAttemptAt };
    },
  };
}

const timedCompletion = completion.extend({
  due_in_ms: z.number().nullable(),
});

function checked<Schema extends z.ZodType>(
  answer: unknown,
  schema: Schema,
): z.output<Schema> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new Error(
    `the database's answer is not as agreed: ${explainIssues(parsed.error)}`,
  );
}
