import { z } from "zod";
import { digest } from "./digest.ts";

/** What `list_overdue_digests` answers. */
export const digestList = z.object({
  week: z.string(),
  agencies: z.array(z.object({ id: z.guid(), name: z.string().nullable() })),
  agencies_without_address: z.number().int(),
  agencies_already_mailed: z.number().int(),
  /** All that have or would have a mail in their week, listed or not. */
  agencies_of_the_week: z.number().int(),
});

const claimed = digest.extend({
  status: z.literal("claimed"),
  lease: z.guid(),
  idempotency_key: z.string(),
  /** Whether the end of an earlier claim of this week is unknown. */
  repeated: z.boolean(),
});

/** An agency's mail of this week, ours to send until the lease runs out. */
export type ClaimedDigest = z.output<typeof claimed>;

/** What `claim_overdue_digest` answers. */
export const claim = z.discriminatedUnion("status", [
  claimed,
  z.object({ status: z.literal("already_sent"), by_this_run: z.boolean() }),
  z.object({
    status: z.literal("in_progress"),
    retry_after_seconds: z.number(),
  }),
  z.object({
    status: z.literal("unknown_end"),
    first_claimed_at: z.string(),
  }),
  z.object({ status: z.literal("not_yet") }),
  z.object({ status: z.literal("nothing_overdue") }),
  z.object({ status: z.literal("no_address") }),
  z.object({ status: z.literal("no_time_zone") }),
]);

/** What `complete_overdue_digest` answers. */
export const completion = z.object({
  state: z.enum(["claimed", "sent", "not_sent"]),
});
