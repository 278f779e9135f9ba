import type { Runbooks } from "../../runbook.ts";
import type { Config } from "../../page_config.ts";
import { cureOf } from "./cures.ts";

/** What to do about a reason. */
export interface Remedy {
  /** The name of its page, and the heading there. */
  readonly page: string;
  readonly section: string | null;
  /** Whom it affects, and what to do; empty without a page. */
  readonly affected: string;
  readonly todo: string;
  /** Commands to copy. Those with `<…>` have to be filled in. */
  readonly commands: readonly string[];
}

// The page of a failed run has a part for each kind of message.
const CAUSES: readonly [message: RegExp, page: string, section: string][] = [
  [/function answered 40[13]|not_configured/, "setting-missing", "what-to-do"],
  [
    /function answered 404|could not be called/,
    "run-failed",
    "a-the-function-cannot-be-reached",
  ],
  [/function answered 5\d\d/, "run-failed", "c-the-function-does-not-start"],
  [/\((42\w+|PGRST\w+)\)/, "run-failed", "d-the-database-is-not-complete"],
  [/setting/, "setting-missing", "what-to-do"],
  [/items failed/, "run-degraded", "what-to-do"],
];

export const MAIN_JOB = "update-installment-statuses";
const MAX_COMMANDS = 2;

/**
 * @param code of a health reason, or the kind of an incident.
 * @returns what its page says about it.
 */
export function remedyOf(
  { code, message, jobName }: {
    readonly code: string;
    readonly message: string;
    readonly jobName: string | null;
  },
  runbooks: Runbooks,
  project: Pick<Config, "local" | "project">,
): Remedy {
  const own = code.replaceAll("_", "-");
  const failed = own === "last-run-failed" || own === "run-failed";
  const cause = failed
    ? CAUSES.find(([text]) => text.test(message))
    : undefined;
  const [, page, section] = cause ??
    [null, failed ? "run-failed" : own, "what-to-do"];
  const found = runbooks[page];
  const part = found?.sections.find(({ id }) => id === section);
  const cure = cureOf(message, project, jobName);
  return {
    page,
    section: part?.id ?? null,
    affected: runbooks[failed ? "run-failed" : own]?.affected ?? "",
    todo: cure?.todo ?? outOfContext(found?.todo ?? ""),
    commands: cure?.commands ?? (part?.commands ?? [])
      .filter((command) => !isAction(command))
      .slice(0, MAX_COMMANDS)
      .map((command) =>
        command
          .replaceAll(MAIN_JOB, jobName ?? MAIN_JOB)
          .replaceAll("https://<project-ref>.supabase.co", project.project)
      ),
  };
}

// What a button beside it does.
function isAction(command: string): boolean {
  return /^select jobs\.(dispatch|retry_alerts|resume|pause|restore_schedule|close_incidents_silently|schedule_supervision|unregister|register|reap_runs)\(/
    .test(
      command.trim(),
    );
}

// What a runbook says to do, for those who do not have it before them.
function outOfContext(todo: string): string {
  return todo
    .replace(/\s*\(steps? [^)]*\)/g, "")
    .replace(/in the (table|list) below/g, "in the runbook")
    .replace(/the (table|list) below/g, "the runbook");
}
