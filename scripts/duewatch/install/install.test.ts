import { deepEqual, equal, match } from "node:assert/strict";
import { runDuewatch } from "../testing/fake_runtime.ts";
import { type TestFolder, withTestFolder } from "../testing/folder.ts";

const NOW = new Date("2030-01-02T03:04:05Z");

const install = (folder: TestFolder, ...args: string[]) =>
  runDuewatch(["install", folder.dir, ...args], { now: () => NOW });

const YES = ["--yes", "--default-timezone=Europe/Berlin"];

Deno.test("an installation that was interrupted is completed by the next one", () =>
  withTestFolder(async (folder) => {
    equal((await install(folder, ...YES)).exitCode, 0);
    const whole = await folder.all();
    const state = JSON.parse(await folder.read("duewatch.json"));
    await folder.write(
      "duewatch.json",
      JSON.stringify({ ...state, complete: false }),
    );
    for (const path of ["functions/job-logs/index.ts", "duewatch/verify.sql"]) {
      await Deno.remove(`${folder.dir}/supabase/${path}`);
    }
    equal((await install(folder, ...YES)).exitCode, 0);
    for (const [path, text] of await folder.all()) {
      equal(text, whole.get(path), path);
    }
    equal((await folder.all()).size, whole.size);
  }));

Deno.test("what cannot be written ends the installation in a sentence", () =>
  withTestFolder(async (folder) => {
    const draft = `${folder.dir}/supabase/duewatch.json.duewatch-draft`;
    await Deno.mkdir(draft);
    const { exitCode, notes } = await install(folder, ...YES);
    equal(exitCode, 2);
    match(notes, /^A file cannot be read or written: .*duewatch\.json/);
    await Deno.remove(draft);
    equal((await install(folder, ...YES)).exitCode, 0);
  }));

Deno.test("the migration comes after all others, also after one in the future", async () => {
  const versions: Record<string, string> = {
    "20291231000000_a.sql": "20300102030405",
    "20991231235959_b.sql": "20991231235959",
    "2999_c.sql": "2999",
    "2100010100000001_d.sql": "2100010100000001",
  };
  for (const [name, least] of Object.entries(versions)) {
    await withTestFolder(async (folder) => {
      await folder.write(`migrations/${name}`, "select 1;\n");
      equal((await install(folder, ...YES)).exitCode, 0);
      const names = [...(await folder.all()).keys()]
        .filter((path) => path.startsWith("migrations/"));
      match(names.at(-1) ?? "", /^migrations\/\d{14,}_duewatch\.sql$/);
      equal(names.at(-1)! > `migrations/${least}`, true);
    });
  }
});

Deno.test("the configuration is extended at its end, and nothing else in it changes", async () => {
  const configs = [
    'project_id = "x" # mine\n\n[functions.hello]\nverify_jwt = true\n',
    'project_id = "x"\r\n[api]\r\nport = 54321',
    "[functions]\nhello.verify_jwt = true\n",
    '[functions.job-logs]\nverify_jwt = false\n[[storage.buckets]]\nname = "x"\n',
  ];
  for (const config of configs) {
    await withTestFolder(async (folder) => {
      await folder.write("config.toml", config);
      const { exitCode, output } = await install(folder, ...YES);
      equal(exitCode, 0, output);
      const text = await folder.read("config.toml");
      equal(text.startsWith(config), true);
      equal(
        text.match(/^\[functions\.job-logs\]/gm)?.length,
        1,
        "one section for each function",
      );
      match(text, /\[functions\.update-installment-statuses\]/);
      equal(
        (await runDuewatch(["uninstall", folder.dir, "--files-only", "--yes"]))
          .exitCode,
        0,
      );
      equal(await folder.read("config.toml"), config);
    });
  }
});

Deno.test("what is in the way is named, and nothing is written", async () => {
  const obstacles: [Record<string, string>, RegExp][] = [
    [
      { "functions/job-logs/index.ts": "mine" },
      /✗ supabase\/functions\/job-logs is there, and not ours/,
    ],
    [
      { "functions/_duewatch/x.ts": "mine" },
      /✗ supabase\/functions\/_duewatch is there/,
    ],
    [
      { "config.toml": "functions = { hello = { verify_jwt = true } }\n" },
      /✗ supabase\/config\.toml cannot be added to/,
    ],
    [
      { "config.toml": "[functions.job-logs]\nverify_jwt = true\n" },
      /\[functions\.job-logs\]: set verify_jwt = false/,
    ],
    [
      { "config.toml": "= nonsense" },
      /✗ supabase\/config\.toml cannot be read/,
    ],
    [
      { "migrations/20250101000000_duewatch.sql": "select 1;" },
      /✗ supabase\/migrations\/20250101000000_duewatch\.sql is left of an earlier attempt/,
    ],
  ];
  for (const [files, reason] of obstacles) {
    await withTestFolder(async (folder) => {
      for (const [path, text] of Object.entries(files)) {
        await folder.write(path, text);
      }
      const before = await folder.all();
      const { exitCode, output } = await install(folder, ...YES);
      equal(exitCode, 1);
      match(output, reason);
      deepEqual(await folder.all(), before);
    });
  }
});

Deno.test("a folder of a project's own _shared stays, and ours is another one", () =>
  withTestFolder(async (folder) => {
    await folder.write("functions/_shared/environment.ts", "mine\n");
    equal((await install(folder, ...YES)).exitCode, 0);
    const files = await folder.all();
    equal(files.get("functions/_shared/environment.ts"), "mine\n");
    for (const [path, text] of files) {
      if (!path.startsWith("functions/") || path.includes("_shared/")) continue;
      equal(/["'](\.\.?\/)+_shared\//.test(text), false, path);
      equal(/\.test\.ts$|\/testing\//.test(path), false, path);
    }
  }));

Deno.test("a map without a database, a zone that nobody knows, and no project are refused", () =>
  withTestFolder(async (folder) => {
    const refused = async (args: string[], code: number, reason: RegExp) => {
      const { exitCode, notes } = await install(folder, ...args);
      equal(exitCode, code, notes);
      match(notes, reason);
    };
    await refused([...YES, "--map", "installments=a.b"], 1, /needs a database/);
    await refused(
      ["--yes", "--default-timezone=Nowhere"],
      2,
      /not the name of a time zone/,
    );
    await refused(["--yes"], 3, /--default-timezone is needed/);
    const typed = await runDuewatch(["install", folder.dir], {
      answers: ["Berlin", "y"],
    });
    equal(typed.exitCode, 2);
    match(typed.notes, /"Berlin" is not the name of a time zone/);
    await refused(["--default-timezone=Europe/Berlin"], 3, /Use --yes/);
    await refused(
      [...YES, "--db-url=nonsense"],
      2,
      /--db-url has to be an address/,
    );
    const nowhere = await runDuewatch(["install", "/nowhere", "--yes"]);
    equal(nowhere.exitCode, 1);
    match(nowhere.notes, /holds no Supabase project/);
    equal((await folder.all()).size, 1);
  }));

Deno.test("a project's own SQL sends people only to files that the project has", () =>
  withTestFolder(async (folder) => {
    equal((await install(folder, ...YES)).exitCode, 0);
    const files = await folder.all();
    const missing = [...files].flatMap(([path, text]) =>
      path.startsWith("duewatch/")
        ? [...text.matchAll(/\bsupabase\/[\w*./-]*[\w/]/g)]
          .filter(([name]) => {
            const pattern = new RegExp(
              `^${name.slice("supabase/".length).replaceAll("*", ".*")}`,
            );
            return ![...files.keys()].some((file) => pattern.test(file));
          })
          .map(([name]) => `${path}: ${name}`)
        : []
    );
    deepEqual(missing, []);
    match(
      await folder.read("duewatch/verify.sql"),
      /'run the part ' \|\| objects\.source \|\| ' of supabase\/migrations\/\*_duewatch\*\.sql, or: npx duewatch doctor --fix'/,
    );
  }));
