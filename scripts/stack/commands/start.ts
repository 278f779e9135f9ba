import { terminalProgress } from "../progress.ts";
import { startStack } from "../stack.ts";
import { printRunningStack } from "./running_stack.ts";

/** `npm start` */
export async function start(): Promise<void> {
  const stack = await startStack({ progress: terminalProgress() });
  await printRunningStack(stack);
}
