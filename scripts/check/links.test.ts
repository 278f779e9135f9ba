import { deepEqual, ok } from "node:assert/strict";
import { brokenLinks, readPage } from "../e2e/support/pages.ts";
import { checkoutFiles } from "./checkout_files.ts";

Deno.test("every relative link in a Markdown file leads to a file or a heading", async () => {
  const paths = await checkoutFiles([".md"]);
  ok(paths.includes("README.md"));
  for (const path of paths) {
    deepEqual(await brokenLinks(await readPage(path)), [], path);
  }
});
