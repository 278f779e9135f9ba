import { StackError } from "./errors.ts";
import { findListener } from "./proc.ts";

/**
 * Makes sure that a port is free before something of ours binds it.
 *
 * @param purpose what the port is for, such as "the gateway".
 * @param variable the environment variable that chooses another port.
 * @throws StackError that names the process that listens there.
 */
export async function assertPortIsFree(
  port: number,
  purpose: string,
  variable: string,
): Promise<void> {
  const listener = await findListener(port);
  if (listener === null) return;
  const holder = listener.pid === null
    ? "a process of another user"
    : `process ${listener.pid} (${listener.command})`;
  throw new StackError(
    `Port ${port}, which ${purpose} needs, is used by ${holder}: end that ` +
      `process, or choose another port with ${variable}.`,
  );
}
