import { cliTarget, supabaseCli } from "../stack/migrations.ts";
import type { StackConfig } from "../stack/stack.ts";
import { generateTypes, typesFile } from "./generated_types.ts";
import type { PrivateStack } from "./private_stack.ts";
import { runTool, type Step, toolStep } from "./step.ts";
import { ofExitCode, ofJUnit, ofPgProve } from "./tally.ts";

const END_TO_END = "scripts/e2e";

/** The checks that need nothing but the files. */
export function staticSteps(repoDir: string): Step[] {
  const deno = Deno.execPath();
  const here = { cwd: repoDir };
  return [
    toolStep("formatting", [deno, "fmt", "--check"], here),
    toolStep("lint", [deno, "lint"], here),
    toolStep("types", [deno, "check"], here),
    // Without paths: Deno would take a function's folder for all there is.
    testStep("unit tests", repoDir, { ignore: [END_TO_END] }),
  ];
}

/** The checks of what the migrations make, and of the whole at work. */
export function stackSteps(repoDir: string, stack: PrivateStack): Step[] {
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
    testStep("end-to-end tests", repoDir, {
      paths: [END_TO_END],
      env: stack.environment,
    }),
  ];
}

function testStep(
  name: string,
  repoDir: string,
  { paths = [], env = {}, ignore = [] }: {
    readonly paths?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly ignore?: readonly string[];
  },
): Step {
  return {
    name,
    async run(signal) {
      const report = await Deno.makeTempFile({ suffix: ".xml" });
      try {
        const { exitCode, output } = await runTool([
          Deno.execPath(),
          "test",
          "--allow-all",
          `--junit-path=${report}`,
          ...ignore.map((path) => `--ignore=${path}`),
          ...paths,
        ], { cwd: repoDir, env, signal });
        const xml = await Deno.readTextFile(report);
        return { tally: ofJUnit(xml, exitCode), output };
      } finally {
        await Deno.remove(report);
      }
    },
  };
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
