import { StackError } from "./errors.ts";
import type { StackConfig } from "./config.ts";
import { ensureStateDir, statePaths } from "./state_dir.ts";
import { waitFor } from "./wait.ts";

// A command that was interrupted ends a moment after its caller.
const PATIENCE_MS = 3_000;

/**
 * Runs work that changes the stack, one at a time. The kernel releases the
 * lock when a process ends, so a killed one leaves nothing to clean up.
 *
 * @throws StackError when another command is changing the same stack.
 */
export async function withStackLock<T>(
  config: StackConfig,
  work: () => Promise<T>,
): Promise<T> {
  await ensureStateDir(config);
  using file = await Deno.open(statePaths(config).lockFile, {
    create: true,
    write: true,
    mode: 0o600,
  });
  if (!await waitFor(() => file.tryLock(true), PATIENCE_MS)) {
    throw new StackError(
      "Another start, stop or reset of this stack is under way: wait for it " +
        "to end, and try again.",
    );
  }
  return await work();
}
