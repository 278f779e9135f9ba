import { equal, rejects } from "node:assert/strict";
import { refOfDatabase } from "../hosted/project.ts";
import { readSecretsFile, withoutVaultSettings } from "./plan.ts";

const CONFIG = `[db]
port = 54322

[db.vault]
# Our keys.
functions_url = "env(DUEWATCH_FUNCTIONS_URL)"
jobs_api_key = "env(JOBS_API_KEY)"
own = "env(OWN)"

[auth]
enabled = true
`;

Deno.test("our settings leave [db.vault], and all else stays", () => {
  equal(
    withoutVaultSettings(CONFIG),
    CONFIG.replace(/^(functions_url|jobs_api_key).*\n/gm, ""),
  );
  const ours = CONFIG.replace("# Our keys.\n", "").replace(/^own.*\n/m, "");
  equal(
    withoutVaultSettings(ours),
    "[db]\nport = 54322\n\n[auth]\nenabled = true\n",
  );
  equal(withoutVaultSettings("[db]\n"), "[db]\n");
});

Deno.test("the ref of a hosted database is in its host, or in its user", () => {
  const ref = "abcdefghijklmnopqrst";
  equal(refOfDatabase(`postgresql://postgres:x@db.${ref}.supabase.co/p`), ref);
  equal(
    refOfDatabase(
      `postgresql://postgres.${ref}:x@aws-0-eu-central-1.pooler.supabase.com:5432/p`,
    ),
    ref,
  );
  equal(refOfDatabase("postgresql://postgres:x@127.0.0.1/p"), null);
  equal(refOfDatabase(undefined), null);
});

Deno.test("a file of secrets is for its owner only, and holds no key of ours", async () => {
  const file = await Deno.makeTempFile();
  try {
    const cases = [
      [0o644, "A=b", /Others can read/],
      [0o600, "SUPABASE_URL=b", /the platform sets what begins with SUPABASE_/],
      [0o600, "JOBS_API_KEY=b", /`npx duewatch keys` rotates it/],
    ] as const;
    for (const [mode, text, message] of cases) {
      await Deno.writeTextFile(file, text);
      await Deno.chmod(file, mode);
      await rejects(readSecretsFile(file), message);
    }
    await Deno.writeTextFile(file, 'A="b c" # why\n');
    equal((await readSecretsFile(file)).A, "b c");
  } finally {
    await Deno.remove(file);
  }
});
