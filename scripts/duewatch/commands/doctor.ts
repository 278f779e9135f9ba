import { asQuestion, type CommandModule, withExamples } from "../command.ts";
import { type DoctorOptions, runDoctor } from "../doctor/doctor.ts";
import { withDatabaseOptions } from "../install/options.ts";

/** `duewatch doctor`: says what is wrong with an installation. */
export const doctor: CommandModule = {
  add(program, acts) {
    const command = withDatabaseOptions(
      program.command("doctor")
        .description("say what is wrong with an installation, the cause first")
        .argument(
          "[folder]",
          "folder of the project, which holds supabase/",
          ".",
        ),
    )
      .option("--fix", "repair what can be repaired without a decision", false)
      .option(
        "--restore",
        "put back Duewatch's functions that were edited in the database",
        false,
      );
    withExamples(asQuestion(command), {
      "doctor --linked": "Is the linked project in order?",
      'doctor --db-url "$DATABASE_URL"':
        "Is the project with this database in order?",
      "doctor": "In a checkout: is the local stack in order?",
      "doctor --linked --fix": "Repair the linked project where that is safe",
      "doctor --linked --fix --restore":
        "Undo edits of Duewatch's own functions as well",
      "doctor --linked --json":
        "For a script: exit code 1 when something fails",
    }).action(
      acts<DoctorOptions>((session, options, [folder = "."]) =>
        runDoctor(session, folder, options)
      ),
    );
  },
};
