import { join, relative } from "node:path";
import type { Runtime } from "./session.ts";

/**
 * Names the pages of the documentation by where they are on this machine: in
 * the checkout, or in the npm package.
 */
export function withPagePaths(
  { cwd, packageDir }: Pick<Runtime, "cwd" | "packageDir">,
  text: string,
): string {
  const docs = join(packageDir, "docs");
  const near = relative(cwd, docs);
  const path = near.startsWith("..") ? docs : near;
  return text.replaceAll(
    /(?<![\w/.])docs\/(?=(?:how-to|runbooks)\/)/g,
    () => `${path}/`,
  );
}
