import { runVerify } from "../doctor/installation.ts";
import type { ProjectDatabase } from "../preflight/database.ts";
import type { Finding } from "../preflight/finding.ts";
import { judge, type UpdateCircumstances } from "./judge.ts";
import { readPresent } from "./present.ts";

/**
 * Compares a database with the folder before an update is written: an update
 * that would fail at its push is not written.
 */
export async function lookBeforeUpdate(
  database: ProjectDatabase,
  circumstances: UpdateCircumstances,
): Promise<Finding[]> {
  const found = await readPresent(database);
  const missing = found.version === null ? [] : (await runVerify(
    database,
    circumstances.packageDir,
    circumstances.project,
  )).filter(({ check }) => check.endsWith(" exists")).map(({ check }) =>
    check.replace(/ exists$/, "")
  );
  return judge(found, missing, circumstances);
}
