import { equal } from "node:assert/strict";
import { withPagePaths } from "./page_paths.ts";

Deno.test("a page is named by where it is: in this folder, in the package, or elsewhere", () => {
  const named = (cwd: string, packageDir: string) =>
    withPagePaths({ cwd, packageDir }, "See docs/runbooks/run-missed.md.");
  equal(named("/app", "/app/"), "See docs/runbooks/run-missed.md.");
  equal(
    named("/app", "/app/node_modules/duewatch/"),
    "See node_modules/duewatch/docs/runbooks/run-missed.md.",
  );
  equal(
    named("/app", "/src/duewatch/"),
    "See /src/duewatch/docs/runbooks/run-missed.md.",
  );
});
