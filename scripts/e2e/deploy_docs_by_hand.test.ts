// Follows docs/how-to/deploy.md step by step, and docs/how-to/rotate-keys.md.
import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import { failedChecks } from "./support/bare_platform.ts";
import { linkFolder, withInstalled } from "./support/follower.ts";
import { isOn } from "./support/turned_on.ts";
import { storedSetting } from "./support/vault_settings.ts";

Deno.test("step by step, the page deploys with the Supabase CLI alone", () =>
  withInstalled(
    "docs/how-to/deploy.md",
    async ({ sql, api, blocks, paste, runSql, project }) => {
      const heading = "Step by step";
      await linkFolder(project.dir, api.ref);
      await paste(blocks(heading, "sh"));
      const file = await Deno.stat(join(project.dir, ".env.keys"));
      equal((file.mode ?? 0) & 0o777, 0o600);
      const key = api.secrets.get("JOBS_API_KEY") ?? "";
      match(key, /^job_[0-9a-f]{48}$/);
      const statements = blocks(heading, "sql");
      await runSql(statements.slice(0, -1), { "<the job key>": key });
      equal(await isOn(sql), false);
      const [run] = await sql`
      select status, records_updated > 0 as has_marked from public.jobs_log
    `;
      deepEqual({ ...run }, { status: "success", has_marked: true });
      await runSql(statements.slice(-1));
      equal(await isOn(sql), true);
      deepEqual(await failedChecks(sql), []);
    },
  ));

Deno.test("keys are rotated as the page on it says, with the program and by hand", () =>
  withInstalled(
    "docs/how-to/rotate-keys.md",
    async ({ sql, api, blocks, paste, runSql, project }) => {
      await linkFolder(project.dir, api.ref);
      await paste(["npx duewatch deploy --turn-on"]);
      const before = await storedSetting(sql, "jobs_api_key");
      await paste(blocks("Rotate the keys", "sh"));
      const rotated = await storedSetting(sql, "jobs_api_key");
      equal(rotated === before, false);
      equal(api.secrets.get("JOBS_API_KEY"), rotated);
      const readKey = await Deno.readTextFile(join(project.dir, "read-key"));
      equal(readKey.trim(), await storedSetting(sql, "jobs_read_key"));

      const values = {
        "<new key>": "a-new-key-of-a-reader",
        "<old key>": rotated,
      };
      const [first, last] = blocks("By hand", "sh");
      await paste([first], values);
      equal(
        api.secrets.get("JOBS_API_KEY"),
        `a-new-key-of-a-reader,${rotated}`,
      );
      await runSql(blocks("By hand", "sql"), values);
      await paste([last], values);
      equal(api.secrets.get("JOBS_API_KEY"), "a-new-key-of-a-reader");
      await sql`select jobs.dispatch('update-installment-statuses')`;
      const [{ failed }] = await sql`
        select count(*)::int as failed
        from public.jobs_log
        where status <> 'success'
      `;
      equal(failed, 0);
    },
  ));
