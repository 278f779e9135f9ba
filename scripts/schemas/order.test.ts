import { deepEqual, rejects, throws } from "node:assert/strict";
import { dirname, join } from "node:path";
import { OrderError, parseOrder, readOrder, SCHEMAS } from "./order.ts";

Deno.test("an order is sections with a heading, a purpose and files", () => {
  const text = [
    "# A comment.",
    "",
    "## Runs",
    "> What a run is.",
    "> Locks: nothing.",
    "jobs/runs/jobs_log.sql",
    "",
    "## Alerts",
    "alerts/alerts.sql",
    "",
  ].join("\n");
  deepEqual(parseOrder(text), [
    {
      heading: "Runs",
      purpose: ["What a run is.", "Locks: nothing."],
      files: ["jobs/runs/jobs_log.sql"],
    },
    { heading: "Alerts", purpose: [], files: ["alerts/alerts.sql"] },
  ]);
});

Deno.test("a line that is none of these is refused by its number", () => {
  throws(
    () => parseOrder("## Runs\njobs/runs/jobs_log\n"),
    new OrderError("order.txt, line 2: jobs/runs/jobs_log"),
  );
  throws(() => parseOrder("jobs/runs/jobs_log.sql\n"), OrderError);
});

Deno.test("a file is listed once, and every file is listed", async () => {
  const repoDir = await Deno.makeTempDir();
  try {
    const write = async (path: string, text: string) => {
      const file = join(repoDir, SCHEMAS, path);
      await Deno.mkdir(dirname(file), { recursive: true });
      await Deno.writeTextFile(file, text);
    };
    await write("a/one.sql", "");
    await write("a/unlisted.sql", "");
    await write("order.txt", "## All\na/one.sql\na/one.sql\na/gone.sql\n");
    await rejects(
      readOrder(repoDir),
      new OrderError(
        "supabase/schemas/order.txt: a/one.sql is listed twice; a/gone.sql is " +
          "listed, and there is no such file; a/unlisted.sql is not listed.",
      ),
    );

    await write("order.txt", "## All\na/one.sql\na/unlisted.sql\n");
    deepEqual((await readOrder(repoDir))[0].files, [
      "a/one.sql",
      "a/unlisted.sql",
    ]);
  } finally {
    await Deno.remove(repoDir, { recursive: true });
  }
});
