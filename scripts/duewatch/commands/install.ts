import { asChange, type CommandModule, withExamples } from "../command.ts";
import { DuewatchError } from "../errors.ts";

/** `duewatch install`: adds Duewatch to the Supabase project in a folder. */
export const install: CommandModule = {
  add(program, acts) {
    const command = asChange(program.command("install"))
      .description("add Duewatch to the Supabase project in a folder")
      .argument("[folder]", "of the project, which holds supabase/", ".");
    withExamples(command, {
      "install": "Into the project in this folder",
      "install ../backend --dry-run": "What would be added to that one?",
    }).action(acts(() => Promise.reject(new DuewatchError("Not there yet."))));
  },
};
