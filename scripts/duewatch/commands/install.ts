import {
  asChange,
  type CommandModule,
  type Outcome,
  withExamples,
} from "../command.ts";
import { installInto } from "../install/install.ts";
import {
  checkZone,
  collectMap,
  type InstallOptions,
  withDatabaseOptions,
} from "../install/options.ts";
import type { Session } from "../session.ts";

/** `duewatch install`: adds Duewatch to the Supabase project in a folder. */
export const install: CommandModule = {
  add(program, acts) {
    const command = withDatabaseOptions(
      program.command("install")
        .description("add Duewatch to the Supabase project in a folder")
        .argument(
          "[folder]",
          "folder of the project, which holds supabase/",
          ".",
        ),
    )
      .option(
        "--default-timezone <zone>",
        "IANA zone of agencies that have none yet, and of new ones",
        checkZone,
      )
      .option(
        "--map <ours=yours>",
        "a table, column or status that has another name; can be repeated",
        collectMap,
      )
      .option(
        "--no-rehearsal",
        "do not try the migration in a transaction that is rolled back",
      );
    withExamples(asChange(command), {
      "install": "Into the project in this folder",
      'install --db-url "$DATABASE_URL" --dry-run':
        "Look at its database, and show what would be added",
      "install ../backend --default-timezone Europe/Berlin --yes":
        "Into another folder, without a question",
      [
        "install --linked --map installments=billing.fee_schedule \\\n" +
        "    --map installments.student_due_date=due_on \\\n" +
        "    --map installments.status.pending=open"
      ]: "Into a project whose tables have other names",
    }).action(acts<InstallOptions>(run));
  },
};

async function run(
  session: Session,
  options: InstallOptions,
  [folder = "."]: string[],
): Promise<Outcome> {
  return await installInto(session, folder, options);
}
