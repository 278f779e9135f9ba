import { terminalProgress } from "../progress.ts";
import { resetDatabase } from "../stack.ts";
import { printRunningStack } from "./running_stack.ts";

/** `npm run reset` */
export async function reset(): Promise<void> {
  const stack = await resetDatabase({ progress: terminalProgress() });
  await printRunningStack(stack);
}
