import type { Context } from "hono";
import { z } from "zod";
import { explainIssues } from "../explain-issues.ts";
import type { ErrorBody } from "../http/errors.ts";

/** Who asked for a run. */
export type TriggerSource = "cron" | "manual" | "catch_up";

/** What starts a run. */
export interface Trigger {
  readonly runId: string;
  readonly triggerSource: TriggerSource;
}

export type TriggerReading =
  | { readonly ok: true; readonly trigger: Trigger }
  | { readonly ok: false; readonly error: ErrorBody };

/** The largest body that a trigger may have, in bytes. */
export const MAX_TRIGGER_BYTES = 16 * 1024;

/** The body of a request to start a job. */
export const triggerBody = z.strictObject({
  triggerSource: z.enum(["cron", "manual", "catch_up"]).default("manual"),
});

/**
 * Reads what a request to start a job says.
 *
 * The run id comes from the header `X-Run-Id`, so that the dispatcher knows it
 * whatever happens to the answer; without the header a new one is made. The
 * body is empty or a JSON object with an optional `triggerSource`.
 *
 * @returns the trigger, or what is wrong with the request (always a 400).
 */
export async function readTrigger(
  request: Context["req"],
): Promise<TriggerReading> {
  const header = request.header("X-Run-Id");
  // Any version of uuid that Postgres takes, not only those of RFC 9562.
  const runId = z.guid().safeParse(header ?? crypto.randomUUID());
  if (!runId.success) {
    return refusal("invalid_run_id", "The header X-Run-Id must be a UUID.");
  }

  const body = parseJson((await request.text()).trim() || "{}");
  if (!body.ok) {
    return refusal("invalid_json", `The body is not JSON: ${body.reason}`);
  }
  const parsed = triggerBody.safeParse(body.value);
  if (!parsed.success) {
    return refusal(
      "invalid_body",
      `The body is not as expected: ${explainIssues(parsed.error)}`,
    );
  }

  return {
    ok: true,
    trigger: {
      runId: runId.data.toLowerCase(),
      triggerSource: parsed.data.triggerSource,
    },
  };
}

type JsonReading =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: string };

function parseJson(text: string): JsonReading {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return {
      ok: false,
      reason: error instanceof Error ? error.message : String(error),
    };
  }
}

function refusal(code: string, message: string): TriggerReading {
  return { ok: false, error: { statusCode: 400, code, message } };
}
