import { type Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { correct } from "./commands/correct.ts";
import { explain, history, preview } from "./commands/installments.ts";
import type { ExitCode, InstallmentsContext } from "./context.ts";
import { parseInstant } from "./text/moments.ts";
import { wholeNumber } from "./whole_number.ts";

type Acts = <Args extends unknown[]>(
  command: (
    context: InstallmentsContext,
    ...args: Args
  ) => Promise<ExitCode>,
) => (...args: Args) => Promise<void>;

/** Adds the commands about installments, which use the Data API. */
export function addInstallmentCommands(program: Command, acts: Acts): void {
  const agency = [
    "--agency <id>",
    "only this agency",
    idOf("an agency"),
  ] as const;
  const asOf = [
    "--as-of <when>",
    "2026-11-22, 2026-11-22T07:00:00Z; now by default",
    instant,
  ] as const;

  program.command("explain")
    .description("why an installment is overdue, or when it will be")
    .argument("<id>", "id of the installment", idOf("an installment"))
    .option(...asOf)
    .action(acts(explain));
  program.command("history")
    .description("what Duewatch has done to the status of an installment")
    .argument("<id>", "id of the installment", idOf("an installment"))
    .action(acts(history));
  program.command("preview")
    .description("what a run would mark, also with other settings")
    .option(...agency)
    .option("--timezone <name>", "as if this were the time zone")
    .option("--cutoff <time>", "as if this were the cut-off: 17:00", timeOfDay)
    .option("--grace <days>", "as if this were the grace", wholeNumber(0, 60))
    .option(...asOf)
    .action(acts(preview));
  program.command("correct")
    .description("set back to pending what is wrongly overdue; asks before")
    .option(...agency)
    .option("--run <id>", "only what this run has marked", idOf("a run"))
    .option("--yes", "do not ask", false)
    .action(acts(correct));
}

function idOf(what: string) {
  return (text: string): string => {
    const id = text.toLowerCase();
    if (z.guid().safeParse(id).success) return id;
    throw new InvalidArgumentError(
      `It must be the id of ${what}, with its 36 characters.`,
    );
  };
}

function timeOfDay(text: string): string {
  if (/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(text)) return text;
  throw new InvalidArgumentError(
    "It must be a time such as 17:00 or 17:30:00.",
  );
}

function instant(text: string): string {
  const parsed = parseInstant(text);
  if (parsed !== undefined) return parsed.toISOString();
  throw new InvalidArgumentError(
    "It must be a day such as 2026-11-22 (UTC), or an instant such as " +
      "2026-11-22T07:00:00Z.",
  );
}
