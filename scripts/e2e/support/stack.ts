import { readConfig, type StackConfig, stackUrls } from "../../stack/stack.ts";
import { readKeys, type StackKeys } from "../../stack/keys.ts";
import { statePaths } from "../../stack/state_dir.ts";

/** The stack that the tests run against: the one that the environment names. */
export const config: StackConfig = readConfig();

export const urls = stackUrls(config);

/** The keys of that stack. */
export async function keys(): Promise<StackKeys> {
  const found = await readKeys(statePaths(config).keysFile);
  if (found === null) {
    throw new Error("There is no stack to test: use npm test.");
  }
  return found;
}
