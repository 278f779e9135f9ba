import { destroyCluster, existingCluster } from "../../stack/cluster.ts";
import { findClusterHome } from "../../stack/cluster_home.ts";
import { removeIfExists } from "../../stack/files.ts";
import { type StackConfig, stopStack } from "../../stack/stack.ts";
import { clusterUser } from "../../stack/users.ts";

/** Ends a stack and removes all it has, running or not. */
export async function removeStack(config: StackConfig): Promise<void> {
  await stopStack(config);
  const home = await findClusterHome(config);
  if (home !== null) {
    const user = await clusterUser();
    const cluster = await existingCluster(home, user, config.dbPort);
    if (cluster !== null) await destroyCluster(cluster);
  }
  await removeIfExists(config.stateDir);
}
