import type { CommandModule } from "../command.ts";
import { deploy } from "./deploy.ts";
import { doctor } from "./doctor.ts";
import { install } from "./install.ts";
import { keys } from "./keys.ts";
import { uninstall } from "./uninstall.ts";
import { update } from "./update.ts";

/** The commands of `duewatch`, in the order of its help. */
export const COMMANDS: readonly CommandModule[] = [
  install,
  deploy,
  update,
  doctor,
  keys,
  uninstall,
];
