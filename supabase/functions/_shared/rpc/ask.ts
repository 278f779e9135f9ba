import type { z } from "zod";
import { callChecked, type RpcCall } from "./call.ts";
import type { CallRpc, RpcName } from "./client.ts";
import { RpcError, type RpcFailure } from "./failure.ts";

/** What became of a question to the database. */
export type Asked<Answer> =
  | { readonly kind: "answered"; readonly answer: Answer }
  | { readonly kind: "failed"; readonly failure: RpcFailure };

/** A question: a database function that only reads. */
export type Question<Name extends RpcName, Answer extends z.ZodType> = Pick<
  RpcCall<Name, Answer>,
  "name" | "args" | "answer"
>;

// The Data API lets a call run for eight seconds.
const CALL_TIMEOUT_MS = 8500;

/**
 * Asks the database once. Whoever reads asks again by themselves: a page is
 * reloaded, a scrape comes every few seconds and gives up after ten.
 *
 * @returns the answer as its schema describes it, or why there is none.
 */
export async function askOnce<Name extends RpcName, Answer extends z.ZodType>(
  callRpc: CallRpc,
  question: Question<Name, Answer>,
): Promise<Asked<z.output<Answer>>> {
  try {
    const answer = await callChecked(callRpc, {
      ...question,
      timeoutMs: CALL_TIMEOUT_MS,
      signal: new AbortController().signal,
    });
    return { kind: "answered", answer };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return { kind: "failed", failure: error.failure };
  }
}
