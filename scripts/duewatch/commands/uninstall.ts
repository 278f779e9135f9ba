import { asChange, type CommandModule, withExamples } from "../command.ts";
import { withDatabaseOptions } from "../install/options.ts";
import {
  uninstallFrom,
  type UninstallOptions,
} from "../uninstall/uninstall.ts";

/** `duewatch uninstall`: takes Duewatch out of a project and its database. */
export const uninstall: CommandModule = {
  add(program, acts) {
    const command = withDatabaseOptions(
      program.command("uninstall")
        .description("take Duewatch out of a project and its database")
        .argument(
          "[folder]",
          "folder of the project, which holds supabase/",
          ".",
        ),
    )
      .option(
        "--files-only",
        "remove only the files: it was never pushed, or the database was cleaned up",
        false,
      );
    withExamples(asChange(command), {
      'uninstall --db-url "$DATABASE_URL" --dry-run':
        "What would go, and what cannot be taken back?",
      'uninstall --db-url "$DATABASE_URL"':
        "Out of the database and out of this folder",
      "uninstall --files-only": "It was never pushed",
    }).action(
      acts<UninstallOptions>((session, options, [folder = "."]) =>
        uninstallFrom(session, folder, options)
      ),
    );
  },
};
