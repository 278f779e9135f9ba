import type { z } from "zod";
import { explainIssues } from "../explain-issues.ts";
import { TimeLimit } from "../time-limit.ts";
import type { CallRpc, RpcArgs, RpcName } from "./client.ts";
import { classifyFailure, RpcError } from "./failure.ts";

/** How long to wait for an answer. */
export interface CallOptions {
  /** Default: a little more than the Data API lets a call run. */
  readonly timeoutMs?: number;
  /** Gives the call up earlier, such as a deadline. */
  readonly signal?: AbortSignal;
}

// The Data API lets a call run for eight seconds.
const DEFAULT_TIMEOUT_MS = 8500;

/**
 * Calls a database function once and checks its answer.
 *
 * @throws {RpcError} with the failure classified as transient or permanent; an
 *   answer that the schema refuses is permanent.
 */
export async function callChecked<
  Name extends RpcName,
  Answer extends z.ZodType,
>(
  callRpc: CallRpc,
  name: Name,
  args: RpcArgs<Name>,
  answer: Answer,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: CallOptions = {},
): Promise<z.output<Answer>> {
  using limit = new TimeLimit(timeoutMs);
  const raw = await callRpc(
    name,
    args,
    AbortSignal.any([limit.signal, ...signal ? [signal] : []]),
  );
  // supabase-js reports a 5xx whose body is "null" without an error.
  if (raw.error !== null || raw.status >= 400) {
    throw new RpcError(name, classifyFailure(raw));
  }
  const parsed = answer.safeParse(raw.data);
  if (!parsed.success) {
    throw new RpcError(name, {
      kind: "permanent",
      reason: "unexpected_answer",
      code: "unexpected_answer",
      message: `the answer is not as agreed: ${explainIssues(parsed.error)}`,
    });
  }
  return parsed.data;
}
