import { asChange, type CommandModule, withExamples } from "../command.ts";
import { deploy as deployProject } from "../deploy/deploy.ts";
import type { DeployOptions } from "../deploy/deployment.ts";
import { withDatabaseOptions } from "../install/options.ts";

/** `duewatch deploy`: brings an installation into a hosted project. */
export const deploy: CommandModule = {
  add(program, acts) {
    const command = withDatabaseOptions(
      program.command("deploy")
        .description(
          "bring keys, migrations and functions to a hosted project, then turn its schedule on",
        )
        .argument(
          "[folder]",
          "folder of the project, which holds supabase/",
          ".",
        ),
    )
      .option(
        "--secrets-file <file>",
        "file with more secrets for the functions: lines NAME=value, mode 600",
      )
      .option(
        "--turn-on",
        "run the job for the first time and turn its schedule on, without a question",
        false,
      )
      .option(
        "--functions-url <url>",
        "address of the functions on a custom domain, with /functions/v1",
      );
    withExamples(asChange(command), {
      "deploy --dry-run": "What would be done to the linked project?",
      "deploy": "Deploy, look at what the first run marks, and turn it on",
      'deploy --project-ref <ref> --db-url "$DATABASE_URL" --secrets-file .env.production':
        "To a named project, with the addresses of Slack and Resend",
      "deploy --yes": "In a workflow: it marks nothing and turns nothing on",
    }).action(
      acts<DeployOptions>((session, options, [folder = "."]) =>
        deployProject(session, folder, options)
      ),
    );
  },
};
