import { Argument } from "commander";
import { asChange, type CommandModule, withExamples } from "../command.ts";
import { withDatabaseOptions } from "../install/options.ts";
import { type KeysOptions, runKeys } from "../keys/keys.ts";
import { KINDS } from "../keys/kinds.ts";

/** `duewatch keys`: which keys there are, and new ones in their place. */
export const keys: CommandModule = {
  add(program, acts) {
    const command = withDatabaseOptions(
      program.command("keys")
        .description("list the job key and the read key, or rotate them")
        .addArgument(
          new Argument("<action>", "what to do").choices([
            "list",
            "rotate",
            "show",
          ]),
        )
        .addArgument(
          new Argument("[kind]", "which key; both when left out").choices(
            [...KINDS],
          ),
        ),
    )
      .option(
        "--project <folder>",
        'folder of the project, which holds supabase/ (default: ".")',
      )
      .option("--finish", "refuse the former key now", false)
      .option("--wait", "wait ten minutes, then refuse the former key", false);
    withExamples(asChange(command), {
      "keys list --linked":
        "Which keys are there, how old, and are they accepted?",
      "keys rotate --linked": "New keys, without a refused request",
      "keys rotate job --linked": "A new job key for the linked project",
      "keys rotate job --linked --finish":
        "Ten minutes later, or when it leaked",
      "keys show read --linked > read-key":
        "The read key, for what reads the reports",
    }).action(
      acts<KeysOptions>((session, options, args) =>
        runKeys(session, args, options)
      ),
    );
  },
};
