import { z } from "zod";
import { count, instantField } from "../_shared/http/fields.ts";
import { callChecked } from "../_shared/rpc/call.ts";
import type { CallRpc } from "../_shared/rpc/client.ts";
import { row } from "../_shared/rpc/row.ts";

const delivery = z.object({
  channel: z.string(),
  status: z.enum(["pending", "sent", "given_up"]),
  attempts: count,
  queuedAt: instantField,
  finishedAt: instantField.nullable(),
  lastError: z.string().nullable(),
});

const alert = z.object({
  id: z.guid(),
  kind: z.string(),
  raisedAt: instantField,
  reminder: count,
  deliveries: z.array(delivery),
});

const action = z.object({
  action: z.string(),
  reason: z.string().nullable(),
  requestedBy: z.string(),
  requestedAt: instantField,
  endedAt: instantField.nullable(),
});

/** What happened around a run. */
export const timeline = z.object({
  alerts: z.array(alert).describe("Those that it has raised, oldest first."),
  actions: z.array(action).describe("What people have asked of it."),
});

export type Timeline = z.output<typeof timeline>;

/**
 * Reads what happened around a run, with the rights of the function: check
 * first that the caller may see the run.
 */
export async function readTimeline(
  callRpc: CallRpc,
  runId: string,
): Promise<Timeline> {
  const args = { run_id: runId };
  return await callChecked(callRpc, "get_run_timeline", args, row(timeline));
}
