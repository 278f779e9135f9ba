import { z } from "zod";
import type { SendResult } from "../service/send-result.ts";
import { alert } from "./alert.ts";
import type { Channel } from "./channel.ts";

/**
 * How long a claimed delivery is ours, in seconds. Long enough for one send (10
 * s) and for recording how it ended; short enough that what a killed process
 * held is soon claimed by another.
 */
export const LEASE_SECONDS = 30;

/** An alert on its way to one channel, ours until the lease runs out. */
export const claimedDelivery = z.intersection(
  z.object({
    channel: z.string(),
    lease: z.guid(),
    /** On the database's clock. */
    leased_until: z.string(),
    /** Counts from 1; every claim counts. */
    attempt: z.number().int().min(1),
    /** Counts the idempotency keys, one more after each refusal. Default: 1. */
    key_number: z.number().int().min(1).optional(),
  }),
  alert,
);

export type ClaimedDelivery = z.output<typeof claimedDelivery>;

/** What `claim_job_alerts` answers, oldest first. */
export const claimedDeliveries = z.array(claimedDelivery);

/** What `complete_job_alert` answers. */
export const completion = z.object({
  status: z.enum(["pending", "sent", "given_up"]),
  /** On the database's clock; null when there will be no further attempt. */
  next_attempt_at: z.string().nullable(),
});

export type Completion = z.output<typeof completion>;

/** What a channel is known by in the database. */
export type AnnouncedChannel = Pick<Channel, "name" | "kinds" | "fingerprint">;

/**
 * The alerts that wait to be sent. The database keeps them; there is one
 * implementation over the Data API and one over a direct connection.
 */
export interface Outbox {
  /**
   * Announces the channels and leases what is due on them.
   *
   * @returns at most `maxCount` deliveries, at most one per channel and job:
   *   a job's alerts are sent in order.
   * @throws when the database could not be asked. What it may have leased is
   *   free again when the lease runs out.
   */
  claim(
    channels: readonly AnnouncedChannel[],
    maxCount: number,
  ): Promise<readonly ClaimedDelivery[]>;

  /**
   * Records how an attempt ended. Repeating it is safe.
   *
   * @returns what becomes of the delivery.
   * @throws when the database could not be reached. The delivery is then due
   *   again when its lease runs out.
   */
  complete(
    delivery: ClaimedDelivery,
    result: SendResult,
  ): Promise<Completion>;
}

/** @returns the named arguments of `claim_job_alerts`. */
export function claimArguments(
  channels: readonly AnnouncedChannel[],
  maxCount: number,
) {
  return {
    channels: channels.map(({ name, kinds, fingerprint }) => ({
      name,
      kinds: [...kinds],
      ...fingerprint !== undefined && { fingerprint },
    })),
    max_count: maxCount,
    lease_seconds: LEASE_SECONDS,
  };
}

const OUTCOMES = {
  sent: "sent",
  transient: "retry",
  permanent: "given_up",
} as const satisfies Record<SendResult["kind"], string>;

/** @returns the named arguments of `complete_job_alert`, without nulls. */
export function completionArguments(
  { alert_id, channel, lease }: ClaimedDelivery,
  result: SendResult,
) {
  return {
    alert_id,
    channel,
    lease,
    outcome: OUTCOMES[result.kind],
    ...result.kind !== "sent" && { error: result.reason },
    ...result.kind === "transient" && {
      ...result.retryAfterSeconds !== undefined && {
        retry_after_seconds: result.retryAfterSeconds,
      },
      pause_channel: result.concernsAll ?? false,
    },
  };
}
