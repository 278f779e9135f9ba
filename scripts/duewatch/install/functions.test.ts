import { equal } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { functionNames, functionsDir } from "../../functions/catalog.ts";
import { startFunctionProcess } from "../../stack/gateway/function_process.ts";
import { LogFile } from "../../stack/log_file.ts";
import { runDuewatch } from "../testing/fake_runtime.ts";
import { withTestFolder } from "../testing/folder.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const ENVIRONMENT = {
  SUPABASE_URL: "http://127.0.0.1:9",
  SUPABASE_SECRET_KEYS: '{"default":"sb_secret_of_a_test"}',
  SUPABASE_PUBLISHABLE_KEYS: '{"default":"sb_publishable_of_a_test"}',
  JOBS_API_KEY: "job-key-of-a-test",
  JOBS_READ_KEY: "read-key-of-a-test",
  RESEND_API_KEY: "re_test",
  DIGEST_EMAIL_FROM: "digest@example.com",
};

Deno.test("every installed function starts from what is uploaded of the project's own folder", () =>
  withTestFolder(async (folder) => {
    await folder.write("functions/_shared/environment.ts", "not ours\n");
    const { exitCode, notes } = await runDuewatch([
      "install",
      folder.dir,
      "--yes",
      "--default-timezone=Europe/Berlin",
    ]);
    equal(exitCode, 0, notes);
    // The versions that are in the cache already.
    await Deno.copyFile(
      join(ROOT, "deno.lock"),
      join(folder.dir, "deno.lock"),
    );
    const copiesDir = await Deno.makeTempDir();
    try {
      const names = await functionNames(ROOT);
      equal((await functionNames(folder.dir)).length, names.length);
      for (const name of names) {
        const { origin, stop } = await startFunctionProcess({
          name,
          repoDir: folder.dir,
          functionsDir: functionsDir(folder.dir),
          copiesDir,
          environment: () => Promise.resolve(ENVIRONMENT),
          log: new LogFile(join(copiesDir, "functions.log")),
        });
        try {
          const answer = await fetch(`${origin}/${name}`, {
            method: "OPTIONS",
          });
          await answer.body?.cancel();
          equal(answer.status, 204, name);
        } finally {
          await stop();
        }
      }
    } finally {
      await Deno.remove(copiesDir, { recursive: true });
    }
  }));
