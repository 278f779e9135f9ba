import { cliTarget, supabaseCli } from "../stack/migrations.ts";
import type { StackConfig } from "../stack/stack.ts";
import { END_TO_END } from "./end_to_end.ts";
import { generateTypes, typesFile } from "./generated_types.ts";
import type { PrivateStack } from "./private_stack.ts";
import { runTool, type Step, toolStep } from "./step.ts";
import { ofExitCode, ofPgProve } from "./tally.ts";
import { runTests } from "./test_run.ts";

/** The checks that need nothing but the files. */
export function staticSteps(repoDir: string): Step[] {
  const deno = Deno.execPath();
  const here = { cwd: repoDir };
  return [
    toolStep("formatting", [deno, "fmt", "--check"], here),
    toolStep("lint", [deno, "lint"], here),
    toolStep("types", [deno, "check"], here),
    // Without paths: Deno would take a function's folder for all there is.
    {
      name: "unit tests",
      run: (signal) => runTests(repoDir, { ignore: [END_TO_END], signal }),
    },
  ];
}

/** The checks of what the migrations make. */
export function databaseSteps(repoDir: string, stack: PrivateStack): Step[] {
  const options = { cwd: repoDir, env: stack.environment };
  const target = cliTarget(stack.config);
  const cli = supabaseCli(stack.config);
  return [
    generatedTypesStep(stack.config),
    toolStep("supabase db lint", [
      cli,
      "db",
      "lint",
      target,
      "--schema=public,jobs",
      "--level=warning",
      "--fail-on=warning",
    ], options),
    toolStep(
      "supabase db advisors",
      [cli, "db", "advisors", target, "--level=warn", "--fail-on=warn"],
      options,
    ),
    {
      name: "pgTAP",
      async run(signal) {
        const { exitCode, output } = await runTool([
          "pg_prove",
          "--recurse",
          "--ext=.sql",
          "supabase/tests",
        ], { ...options, signal });
        return { tally: ofPgProve(output, exitCode), output };
      },
    },
  ];
}

/** The committed types are what the CLI makes of the migrated database. */
function generatedTypesStep(config: StackConfig): Step {
  return {
    name: "generated types",
    async run() {
      const current = await generateTypes(config);
      const committed = await Deno.readTextFile(typesFile(config));
      return current === committed ? { tally: ofExitCode(0), output: "" } : {
        tally: ofExitCode(1),
        output: "The database has changed since the types were generated: " +
          "npm start && npm run types",
      };
    },
  };
}
