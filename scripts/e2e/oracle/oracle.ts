import { fileURLToPath } from "node:url";
import type { Calendar } from "./calendars.ts";
import type { OverdueCase } from "./cases.ts";

/** A case as the oracle wants it; statuses left out mean active and pending. */
export type Question =
  & Pick<OverdueCase, "id" | "timezone" | "cutoff" | "due" | "at">
  & Partial<Pick<OverdueCase, "planStatus" | "installmentStatus">>
  & Partial<Calendar>
  & {
    /** Whether to say when something can become overdue next. */
    readonly nextCutoff?: boolean;
  };

/** What the oracle says of one case. */
export interface Verdict {
  readonly overdue: boolean;
  /** The first instant at which the rule holds, whatever the statuses are. */
  readonly overdueAt: Date;
  /** With `nextCutoff`: when something can become overdue next. */
  readonly nextCutoffAt?: Date;
  /** With `nextCutoff`: what is due before this date is overdue then. */
  readonly dueBefore?: string;
}

/** The oracle gave no verdict, or not one for each case. */
export class OracleError extends Error {
  override name = "OracleError";
}

/** How the oracle is asked. */
export interface OracleOptions {
  readonly timeoutMs?: number;
  readonly command?: readonly [string, ...string[]];
}

const ORACLE = fileURLToPath(new URL("overdue_oracle.py", import.meta.url));

/**
 * Asks the Python oracle which of the cases are overdue.
 *
 * @param cases with ids that differ
 * @param options.timeoutMs how long the oracle may take for all of them,
 *  default a minute
 * @param options.command the program and its arguments; tests give another
 * @returns by case id whether it is overdue, plan and installment status
 *   taken into account
 * @throws OracleError when Python is missing, the time is up, a case cannot be
 *   judged (an unknown zone, a malformed date), or an answer is missing
 */
export async function askOracle(
  cases: readonly Question[],
  options: OracleOptions = {},
): Promise<Map<string, boolean>> {
  const verdicts = await askForVerdicts(cases, options);
  return new Map([...verdicts].map(([id, { overdue }]) => [id, overdue]));
}

/** The same as {@link askOracle}, with the instants. */
export async function askForVerdicts(
  cases: readonly Question[],
  { timeoutMs = 60_000, command = ["python3", ORACLE] }: OracleOptions = {},
): Promise<Map<string, Verdict>> {
  const lines = cases.map((question) => JSON.stringify(toLine(question)));
  const { exitCode, stdout, stderr } = await run(
    command,
    lines.map((line) => `${line}\n`).join(""),
    timeoutMs,
  );
  if (exitCode !== 0) {
    throw new OracleError(
      `the oracle ended with exit code ${exitCode}: ${stderr.trim()}`,
    );
  }
  return readVerdicts(cases, stdout);
}

function toLine(question: Question): Record<string, unknown> {
  return {
    id: question.id,
    timezone: question.timezone,
    cutoff: question.cutoff,
    due: question.due,
    at: question.at,
    plan_status: question.planStatus,
    installment_status: question.installmentStatus,
    grace_days: question.graceDays,
    closed_weekdays: question.closedWeekdays,
    closed_days: question.closedDays,
    next_cutoff: question.nextCutoff,
  };
}

function readVerdicts(
  cases: readonly Question[],
  stdout: string,
): Map<string, Verdict> {
  const verdicts = new Map<string, Verdict>();
  for (const line of stdout.split("\n").filter((line) => line !== "")) {
    const { id, ...verdict } = parseVerdict(line);
    verdicts.set(id, verdict);
  }
  const missing = cases.filter(({ id }) => !verdicts.has(id));
  if (missing.length > 0 || verdicts.size !== cases.length) {
    throw new OracleError(
      `${cases.length} cases with ids that differ were to be judged, ` +
        `${verdicts.size} verdicts came, ${missing.length} are missing`,
    );
  }
  return verdicts;
}

function parseVerdict(line: string): Verdict & { id: string } {
  const verdict: unknown = parseJson(line);
  if (
    typeof verdict === "object" && verdict !== null &&
    "id" in verdict && typeof verdict.id === "string" &&
    "overdue" in verdict && typeof verdict.overdue === "boolean" &&
    "overdue_at" in verdict && typeof verdict.overdue_at === "string"
  ) {
    return {
      id: verdict.id,
      overdue: verdict.overdue,
      overdueAt: new Date(verdict.overdue_at),
      ..."next_cutoff_at" in verdict && "due_before" in verdict && {
        nextCutoffAt: new Date(String(verdict.next_cutoff_at)),
        dueBefore: String(verdict.due_before),
      },
    };
  }
  throw new OracleError(`the oracle's answer is no verdict: ${line}`);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new OracleError(`the oracle's answer is not JSON: ${line}`, {
      cause,
    });
  }
}

async function run(
  [program, ...args]: readonly [string, ...string[]],
  input: string,
  timeoutMs: number,
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  try {
    const child = spawn(program, args, deadline.signal);
    // Written while the answers are read: a full pipe would stop both sides.
    const [, output] = await Promise.all([
      writeAll(child.stdin, input),
      child.output(),
    ]);
    if (deadline.signal.aborted) {
      throw new OracleError(`the oracle gave no answer in ${timeoutMs} ms`);
    }
    const decoder = new TextDecoder();
    return {
      exitCode: output.code,
      stdout: decoder.decode(output.stdout),
      stderr: decoder.decode(output.stderr),
    };
  } finally {
    clearTimeout(timer);
  }
}

function spawn(
  program: string,
  args: string[],
  signal: AbortSignal,
): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args,
      signal,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new OracleError(`${program} is not installed`, { cause });
  }
}

async function writeAll(
  stdin: WritableStream<Uint8Array>,
  input: string,
): Promise<void> {
  try {
    await new Blob([input]).stream().pipeTo(stdin);
  } catch (error) {
    // It stopped reading; its exit code and stderr say why.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
