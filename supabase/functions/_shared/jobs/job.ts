import type { SupabaseClient } from "@supabase/supabase-js";
import type { z } from "zod";
import type { Database } from "../database.types.ts";
import type { EnvironmentOf } from "../environment.ts";
import type { Logger } from "../logger.ts";
import type { RpcArgs, RpcName } from "../rpc/client.ts";
import type { FinishedRun } from "./run-outcome.ts";
import type { TriggerSource } from "./trigger.ts";

/** One of the things that a run works through. */
export interface Item {
  /** Unique among the items of one list. */
  readonly id: string;
  /** What people know it by. */
  readonly name?: string | null;
}

/** What became of a run's items, those of earlier attempts included. */
export interface ItemCounts {
  readonly total: number;
  /** Those that are done, failed ones included. */
  readonly processed: number;
  readonly failed: number;
}

export interface ForEachItemOptions {
  /**
   * What the list is called, for a run that works through several. It has to be
   * the same in every attempt. Default: "items".
   */
  readonly list?: string;
  /** How many items are worked on at once. Default: 4. */
  readonly concurrency?: number;
}

/** The run as its job sees it. */
export interface JobContext<Environment = unknown> {
  readonly runId: string;
  /**
   * When the run started, as the database wrote it: the instant at which
   * everything that depends on time is judged (`as_of`).
   */
  readonly startedAt: string;
  readonly triggerSource: TriggerSource;
  /**
   * 1 for the first, and counted anew after progress; the work of a retry may
   * choose smaller steps.
   */
  readonly attempt: number;
  /** The checked values of the job's own `variables`. */
  readonly environment: Environment;
  /** Writes events that carry the run id. */
  readonly log: Logger;
  /** Aborted when the run has no time left, or is no longer running. */
  readonly signal: AbortSignal;
  /**
   * The database with full rights, row level security bypassed. End a query
   * with `.abortSignal(signal).throwOnError()`: its error then ends the run or
   * the item, which is repeated when the error may pass.
   */
  readonly admin: SupabaseClient<Database>;
  /**
   * Calls a database function and checks its answer.
   *
   * @throws {RpcError} when the call fails. Let it pass: the run, or the item
   *   that is being worked on, answers to it.
   */
  readonly call: <Name extends RpcName, Answer extends z.ZodType>(
    name: Name,
    args: RpcArgs<Name>,
    answer: Answer,
  ) => Promise<z.output<Answer>>;
  /**
   * Says that a step of the work is done, for work that is no list of items.
   * From there on, errors that may pass are repeated as often as at first.
   */
  readonly progress: () => void;
  /**
   * Works through a list. An item that throws has failed and stops no other;
   * one that throws what may pass (see `TransientError`) is repeated as a run
   * is. How far the list has come stands in the run's log row within a second
   * or two. An item that is done is progress, and is not done again when the
   * run is repeated.
   *
   * Wait for its end: a run that returns before its lists are done has failed.
   *
   * @param work changes what is to be changed for one item, and may return how
   *   many records that were.
   * @returns the counts of the whole run, when all items of the list are done.
   * @throws the signal's reason when it is aborted in mid-list, after the items
   *   in hand have ended; the FatalError of an item, likewise; a RangeError
   *   when two items have the same id, or two lists the same name.
   */
  readonly forEachItem: <Each extends Item>(
    items: readonly Each[],
    work: (item: Each, signal: AbortSignal) => Promise<number | void>,
    options?: ForEachItemOptions,
  ) => Promise<ItemCounts>;
}

/** What a run returns when its work is done. */
export interface JobResult {
  /**
   * How many records the run has changed. Default: what the items returned, or
   * without items what the database has counted into the log row.
   */
  readonly recordsUpdated?: number;
  /** Facts for the log row, small: it is read with every list of runs. */
  readonly metadata?: Readonly<Record<string, Json>>;
}

/** What JSON can hold. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A job: its name, and what it does apart from being run, retried and logged. */
export interface Job<Variables extends z.ZodRawShape = z.ZodRawShape> {
  /** As it is registered, and as in `jobs_log.job_name`. */
  readonly name: string;
  /** The environment variables that only this job reads. */
  readonly variables?: Variables;
  /**
   * Does the work. Called again after an error that may pass, so it must go on
   * from the state in the database.
   *
   * @throws whatever keeps it from being done: the run has then failed.
   */
  readonly run: (
    context: JobContext<EnvironmentOf<Variables>>,
  ) => Promise<JobResult | void>;
  /** Further fields of the answer to the caller. */
  readonly answer?: (run: FinishedRun) => Readonly<Record<string, unknown>>;
}
