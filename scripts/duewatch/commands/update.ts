import { asChange, type CommandModule, withExamples } from "../command.ts";
import { withDatabaseOptions } from "../install/options.ts";
import { type UpdateOptions, updateProject } from "../update/update.ts";

/** `duewatch update`: brings a project to this version of Duewatch. */
export const update: CommandModule = {
  add(program, acts) {
    const command = withDatabaseOptions(
      program.command("update")
        .description("bring the files of a project to this version of Duewatch")
        .argument(
          "[folder]",
          "folder of the project, which holds supabase/",
          ".",
        ),
    )
      .option(
        "--keep-edited",
        "keep files that were changed, and write the new ones beside them",
        false,
      )
      .option(
        "--overwrite-edited",
        "replace files, and functions of the database, that were changed",
        false,
      );
    withExamples(asChange(command), {
      "update --linked --dry-run":
        "What would change, and does it fit the linked project's database?",
      "update": "Write the migration of the difference, and the functions",
      "update --keep-edited": "Keep what you have changed in the functions",
    }).action(
      acts<UpdateOptions>((session, options, [folder = "."]) =>
        updateProject(session, folder, options)
      ),
    );
  },
};
