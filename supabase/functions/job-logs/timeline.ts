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
 *
 * @param withDetails off for a read key: no errors, and not what people wrote.
 */
export async function readTimeline(
  callRpc: CallRpc,
  runId: string,
  withDetails: boolean,
): Promise<Timeline> {
  const args = { run_id: runId };
  const read = await callChecked(
    callRpc,
    "get_run_timeline",
    args,
    row(timeline),
  );
  return withDetails ? read : withoutDetails(read);
}

function withoutDetails({ alerts, actions }: Timeline): Timeline {
  return {
    alerts: alerts.map((alert) => ({
      ...alert,
      deliveries: alert.deliveries.map((delivery) => ({
        ...delivery,
        lastError: null,
      })),
    })),
    actions: actions.map((action) => ({
      ...action,
      reason: null,
      requestedBy: "(not shown)",
    })),
  };
}
