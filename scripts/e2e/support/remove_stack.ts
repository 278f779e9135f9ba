import { destroyCluster, existingCluster } from "../../stack/cluster.ts";
import { removeIfExists } from "../../stack/files.ts";
import { type StackConfig, stopStack } from "../../stack/stack.ts";

/** Ends a stack and removes all it has, running or not. */
export async function removeStack(config: StackConfig): Promise<void> {
  await stopStack(config);
  const cluster = await existingCluster(config);
  if (cluster !== null) await destroyCluster(cluster);
  await removeIfExists(config.stateDir);
}
