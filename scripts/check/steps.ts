import { cliTarget, supabaseCli } from "../stack/migrations.ts";
import { END_TO_END } from "./end_to_end.ts";
import { generateTypes, typesFile } from "./generated_types.ts";
import type { PrivateStack } from "./private_stack.ts";
import type { StackStep, Step, StepResult } from "./step.ts";
import { ofExitCode, ofPgProve } from "./tally.ts";
import { runTests } from "./test_run.ts";
import { checkWithTool, runTool } from "./tool.ts";

/** The checks that need nothing but the files. */
export function staticSteps(cwd: string): Step[] {
  const deno = (name: string, ...args: string[]): Step => ({
    name,
    run: (signal) => checkWithTool([Deno.execPath(), ...args], { cwd, signal }),
  });
  return [
    deno("formatting", "fmt", "--check"),
    deno("lint", "lint"),
    deno("types", "check"),
    {
      name: "unit tests",
      // Without paths: Deno would take a function's folder for all there is.
      run: (signal) =>
        runTests({
          flags: ["--parallel", `--ignore=${END_TO_END}`],
          cwd,
          signal,
        }),
    },
  ];
}

/** The checks of what the migrations make, the longest first. */
export function databaseSteps(cwd: string): StackStep[] {
  const supabase = (name: string, ...args: string[]): StackStep => ({
    name: `supabase ${name}`,
    run: (signal, { config, environment: env }) =>
      checkWithTool(
        [supabaseCli(config), ...name.split(" "), cliTarget(config), ...args],
        { cwd, env, signal },
      ),
  });
  return [
    { name: "pgTAP", run: (signal, stack) => pgTap(cwd, signal, stack) },
    { name: "generated types", run: (_, stack) => compareTypes(stack) },
    supabase("db advisors", "--level=warn", "--fail-on=warn"),
    supabase(
      "db lint",
      "--schema=public,jobs",
      "--level=warning",
      "--fail-on=warning",
    ),
  ];
}

async function pgTap(
  cwd: string,
  signal: AbortSignal,
  { environment }: PrivateStack,
): Promise<StepResult> {
  // A statement that goes on for ever fails in the file that has sent it.
  const env = { ...environment, PGOPTIONS: "-c statement_timeout=60s" };
  const { exitCode, output } = await runTool(
    ["pg_prove", "--recurse", "--ext=.sql", "supabase/tests"],
    { cwd, env, signal },
  );
  return { tally: ofPgProve(output, exitCode), output };
}

/** The committed types are what the CLI makes of the migrated database. */
async function compareTypes({ config }: PrivateStack): Promise<StepResult> {
  const current = await generateTypes(config);
  const committed = await Deno.readTextFile(typesFile(config));
  return current === committed ? { tally: ofExitCode(0), output: "" } : {
    tally: ofExitCode(1),
    output: "The database has changed since the types were generated: " +
      "npm start && npm run types",
  };
}
