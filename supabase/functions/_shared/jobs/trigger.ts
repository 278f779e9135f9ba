import type { Context } from "hono";
import { z } from "zod";
import { explainIssues } from "../explain-issues.ts";
import { RequestError } from "../http/errors.ts";

/** The largest body that a trigger may have, in bytes. */
export const MAX_TRIGGER_BYTES = 16 * 1024;

/** The body of a request to start a job. */
export const triggerBody = z.strictObject({
  triggerSource: z.enum(["cron", "manual", "catch_up"]).default("manual"),
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

  const body = parseJson((await request.text()).trim() || "{}");
  const parsed = triggerBody.safeParse(body);
  if (!parsed.success) {
    throw new RequestError(
      400,
      "invalid_body",
      `The body is not as expected: ${explainIssues(parsed.error)}`,
    );
  }
  return { runId: runId.data.toLowerCase(), ...parsed.data };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RequestError(
      400,
      "invalid_json",
      `The body is not JSON: ${reason}`,
    );
  }
}
