import { z } from "zod";
import { type Asked, askOnce } from "../_shared/rpc/ask.ts";
import type { CallRpc } from "../_shared/rpc/client.ts";

/**
 * Asks whether there is a job of this name, registered or logged.
 *
 * @param callRpc with the rights of the function: users may not see which jobs
 *   are registered.
 */
export async function isKnownJob(
  callRpc: CallRpc,
  jobName: string,
): Promise<Asked<boolean>> {
  const asked = await askOnce(callRpc, {
    name: "get_job_metrics",
    // In a window without runs there is nothing to add up.
    args: {
      job_name: jobName,
      from_at: "1970-01-01T00:00:00Z",
      to_at: "1970-01-02T00:00:00Z",
    },
    answer: z.unknown(),
  });
  if (asked.kind === "answered") return { kind: "answered", answer: true };
  return asked.failure.code === "PT404"
    ? { kind: "answered", answer: false }
    : asked;
}
