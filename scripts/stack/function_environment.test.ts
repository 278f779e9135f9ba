import { equal } from "node:assert/strict";
import { join } from "node:path";
import { readConfig } from "./config.ts";
import { functionEnvironment } from "./function_environment.ts";
import { ensureKeys } from "./keys.ts";

Deno.test("the functions get the secrets of their stack's file, which win, while the file exists", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const config = {
      ...readConfig({}),
      functionsEnvFile: join(folder, "functions.env"),
    };
    const keys = await ensureKeys(join(folder, "keys.json"));
    await Deno.writeTextFile(
      config.functionsEnvFile,
      'SLACK_WEBHOOK_URL="http://127.0.0.1:1/x"\nJOBS_API_KEY=mine\n',
    );
    const environment = await functionEnvironment(config, keys);
    equal(environment.SLACK_WEBHOOK_URL, "http://127.0.0.1:1/x");
    equal(environment.JOBS_API_KEY, "mine");
    equal(environment.JOBS_READ_KEY, keys.readKey);

    await Deno.remove(config.functionsEnvFile);
    const bare = await functionEnvironment(config, keys);
    equal(bare.SLACK_WEBHOOK_URL, undefined);
    equal(bare.JOBS_API_KEY, keys.jobsApiKey);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
