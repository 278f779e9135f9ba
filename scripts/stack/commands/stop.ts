import { readConfig, stopStack } from "../stack.ts";
import { stateDirExists } from "../state_dir.ts";

/** `npm run stop` */
export async function stop(): Promise<void> {
  const config = readConfig();
  const stopped = await stateDirExists(config) && await stopStack(config);
  console.log(stopped ? "The stack is stopped." : "The stack was not running.");
}
