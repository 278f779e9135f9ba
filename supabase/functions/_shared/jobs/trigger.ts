import type { Context } from "hono";
import { z } from "zod";
import { readBody } from "../http/body.ts";
import { RequestError } from "../http/errors.ts";

/** The body of a request to start a job. */
export const triggerBody = z.strictObject({
  triggerSource: z.enum(["cron", "manual", "catch_up", "due"]).default(
    "manual",
  ),
});

/** Who asked for a run. */
export type TriggerSource = z.output<typeof triggerBody>["triggerSource"];

/** What starts a run. */
export interface Trigger {
  readonly runId: string;
  readonly triggerSource: TriggerSource;
}

/**
 * Reads a request to start a job.
 *
 * The run id comes from the header `X-Run-Id`, so that the dispatcher knows it
 * whatever happens to the answer; without the header a new one is made. The
 * body is empty or a JSON object with an optional `triggerSource`.
 *
 * @throws {RequestError} 400 when the request is not as expected.
 */
export async function readTrigger(request: Context["req"]): Promise<Trigger> {
  const header = request.header("X-Run-Id");
  // Any version of uuid that Postgres takes, not only those of RFC 9562.
  const runId = z.guid().safeParse(header ?? crypto.randomUUID());
  if (!runId.success) {
    throw new RequestError(
      400,
      "invalid_run_id",
      "The header X-Run-Id must be a UUID.",
    );
  }

  const body = await readBody(triggerBody, request);
  return { runId: runId.data.toLowerCase(), ...body };
}
