// Follows docs/how-to/deploy.md with the program.
import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import { withInstalled } from "./support/follower.ts";
import { isOn } from "./support/turned_on.ts";
import { storedSetting } from "./support/vault_settings.ts";

Deno.test("the commands of the page deploy, with secrets from a file, and the doctor finds nothing that has failed", () =>
  withInstalled(
    "docs/how-to/deploy.md",
    async ({ sql, api, blocks, paste, runSql, project }) => {
      const commands = blocks("With one command", "sh");
      const said = await paste(commands, {
        // Nobody answers there.
        "https://hooks.slack.com/services/…": "http://127.0.0.1:1/hook",
        "re_…": "re_of_a_reader",
      });
      match(said, /The first run marked \d+ installments\./);
      match(said, /The schedule was on before, and stays on\./);
      equal(await isOn(sql), true);
      equal(api.secrets.get("SLACK_WEBHOOK_URL"), "http://127.0.0.1:1/hook");
      equal(
        await storedSetting(sql, "alert_email_from"),
        "Duewatch <alerts@your-domain.example>",
      );
      const file = await Deno.stat(join(project.dir, ".env.production"));
      equal((file.mode ?? 0) & 0o777, 0o600);
      await paste(blocks("From a workflow", "sh"));
      await runSql(blocks("Another schedule", "sql"));
      const [job] = await sql`
        select entry.schedule, definition.impact is not null as has_impact
        from jobs.definitions as definition
        join cron.job as entry on entry.jobname = definition.cron_job_name
        where definition.job_name = 'update-installment-statuses'
      `;
      deepEqual({ ...job }, { schedule: "0 * * * *", has_impact: true });
      await paste(blocks("Is all well?", "sh"));
    },
  ));
