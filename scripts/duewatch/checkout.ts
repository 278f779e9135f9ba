import { join } from "node:path";
import { exists } from "../stack/files.ts";

/** Whether this is a checkout of Duewatch: the npm package has no local stack. */
export function isCheckout(packageDir: string): Promise<boolean> {
  return exists(join(packageDir, "scripts", "stack", "main.ts"));
}
