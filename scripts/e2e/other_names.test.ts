import { equal, match } from "node:assert/strict";
import { join } from "node:path";
import { readNameMap } from "../duewatch/names/name_map.ts";
import { readPackage } from "../duewatch/names/package_sources.ts";
import { renderSql } from "../duewatch/names/render.ts";
import { run } from "../stack/command.ts";
import { EVERY_NAME, EVERY_NAME_MAP } from "./foreign/every_name.ts";
import { install } from "./foreign/journey.ts";
import { push, withForeignProject } from "./foreign/project.ts";
import { withBarePlatform } from "./support/bare_platform.ts";
import { config } from "./support/stack.ts";

const TESTS = join(config.repoDir, "supabase", "tests");
const AREAS = ["installments/rule", "installments/marking", "digest"];

// They arrange columns, triggers or catalogs under our names.
const OF_OUR_NAMES = [
  "digest/overdue_digest.test.sql",
  "digest/overdue_digest_at_scale.test.sql",
  "installments/marking/lock_timeout.test.sql",
  "installments/marking/mark_agency_by_agency.test.sql",
  "installments/marking/process_installment_batch.test.sql",
  "installments/marking/update_installment_statuses.test.sql",
];

Deno.test("the rule, marking and the digest pass their tests where every table and column has another name", () =>
  withBarePlatform((stack, sql) =>
    withForeignProject(
      { "20250101000000_tables": EVERY_NAME },
      async (project) => {
        await push(project, stack);
        const options = Object.entries(EVERY_NAME_MAP)
          .flatMap(([ours, theirs]) => ["--map", `${ours}=${theirs}`]);
        const installed = await install({ project, stack, sql }, ...options);
        equal(installed.code, 0, installed.stdout + installed.stderr);
        await push(project, stack);

        const folder = await Deno.makeTempDir();
        try {
          await renderTests(TESTS, folder);
          const { code, stdout, stderr } = await run([
            "pg_prove",
            "--recurse",
            "--ext=.sql",
            ...AREAS,
          ], {
            cwd: folder,
            env: {
              PGHOST: "127.0.0.1",
              PGPORT: String(stack.config.dbPort),
              PGUSER: "postgres",
              PGPASSWORD: "postgres",
              PGDATABASE: "postgres",
              PGOPTIONS: "-c statement_timeout=60s",
            },
          });
          equal(code, 0, stdout + stderr);
          match(stdout, /Files=\d{2,}, Tests=\d{3,}/);
        } finally {
          await Deno.remove(folder, { recursive: true });
        }
      },
    )
  ));

/** Writes the tests as the project's own migration is written. */
async function renderTests(
  from: string,
  to: string,
  folder = "",
): Promise<void> {
  const { domain } = await readPackage(config.repoDir);
  const map = readNameMap(EVERY_NAME_MAP, domain);
  await Deno.mkdir(join(to, folder), { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(join(from, folder))) {
    const path = join(folder, name);
    if (isDirectory) {
      await renderTests(from, to, path);
    } else if (!OF_OUR_NAMES.includes(path)) {
      const text = await Deno.readTextFile(join(from, path));
      await Deno.writeTextFile(join(to, path), renderSql(text, map, domain));
    }
  }
}
