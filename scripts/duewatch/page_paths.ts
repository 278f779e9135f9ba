import { join, relative } from "node:path";

/**
 * Names the pages of the documentation by where they are on this machine: in
 * the checkout, or in the npm package.
 */
export function withPagePaths(
  { cwd, packageDir }: { readonly cwd: string; readonly packageDir: string },
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
