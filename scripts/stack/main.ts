/** The command line of the local stack: start, stop, status, reset, job. */
import { Command } from "commander";
import { stripVTControlCharacters } from "node:util";
import { multiLine } from "../../supabase/functions/_shared/truncate.ts";
import { job, reset, start, status, stop } from "./commands.ts";
import { StackError } from "./errors.ts";
import { MAIN_JOB } from "./runs.ts";

const program = new Command("duewatch")
  .description("The local stack of Duewatch")
  .showHelpAfterError();

program.command("start")
  .description("bring the stack up and show the latest run of the job")
  .action(start);
program.command("stop")
  .description("stop the stack; its data stays")
  .action(stop);
program.command("status")
  .description("show addresses, keys and what runs")
  .option("--json", "print JSON only", false)
  .action(status);
program.command("reset")
  .description("empty the database, migrate, seed, run the job")
  .action(reset);
program.command("job")
  .description("trigger a job now and show its run")
  .argument("[name]", "name of the job", MAIN_JOB)
  .action(job);

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  console.error(`\n${multiLine(stripVTControlCharacters(error.message))}`);
  Deno.exitCode = 1;
}
