import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import { run, runOrThrow } from "../stack/command.ts";
import { readPage } from "./support/pages.ts";
import { config } from "./support/stack.ts";

Deno.test("the npm package installs Duewatch from a fresh folder, without this checkout", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await runOrThrow("pack", [
      "npm",
      "pack",
      "--silent",
      `--pack-destination=${folder}`,
    ], { cwd: config.repoDir });
    const [{ name: tarball }] = await Array.fromAsync(Deno.readDir(folder));
    const listed = await runOrThrow("list the package", [
      "tar",
      "-tzf",
      join(folder, tarball),
    ]);
    const unwanted = listed.stdout.split("\n").filter((path) =>
      /\.test\.(ts|sql)$|\/testing\/|\/tests\/|\.env|\.stack|\/e2e\/|\.png$|seed\.sql/
        .test(path)
    );
    deepEqual(unwanted, []);

    const project = join(folder, "project");
    await Deno.mkdir(join(project, "supabase"), { recursive: true });
    await Deno.writeTextFile(
      join(project, "supabase", "config.toml"),
      'project_id = "fresh"\n',
    );
    await Deno.writeTextFile(join(project, "package.json"), "{}\n");
    await getProgram(project, "docs/how-to/install.md", "Get the program");
    const duewatch = (...args: string[]) =>
      run(["npx", "--no-install", "duewatch", ...args], { cwd: project });

    const help = await duewatch("--help");
    equal(help.code, 0, help.stderr);
    match(help.stdout, /install \[options\] \[folder\]/);
    const installed = await duewatch(
      "install",
      "--yes",
      "--default-timezone=Europe/Berlin",
    );
    equal(installed.code, 0, installed.stderr);
    match(installed.stdout, /Installed Duewatch/);
    const again = await duewatch("install", "--json");
    equal(again.code, 0, again.stderr);
    deepEqual(JSON.parse(again.stdout).written, []);
    await getProgram(project, "docs/how-to/upgrade.md", "Get the new version");
    const removed = await duewatch("uninstall", "--files-only", "--yes");
    equal(removed.code, 0, removed.stderr);
    const left = await Array.fromAsync(Deno.readDir(join(project, "supabase")));
    deepEqual(left.map(({ name }) => name), ["config.toml"]);

    const jobs = await duewatch("jobs", "--help");
    match(jobs.stdout, /Shows a project's jobs/);
    const dashboard = await duewatch("dashboard", "--help");
    match(dashboard.stdout, /^ {2}npx duewatch dashboard --linked/m);
    await Deno.mkdir(join(project, "supabase", ".temp"));
    await Deno.writeTextFile(
      join(project, "supabase", ".temp", "project-ref"),
      "abcdefghijklmnopqrst",
    );
    const page = await duewatch(
      "dashboard",
      "build",
      "--linked",
      "--publishable-key=sb_publishable_abc",
    );
    equal(page.code, 0, page.stderr);
    match(
      await Deno.readTextFile(join(project, "duewatch.html")),
      /https:\/\/abcdefghijklmnopqrst\.supabase\.co/,
    );
    const keyless = await duewatch("dashboard", "--linked");
    equal(keyless.code, 2);
    match(keyless.stderr, /There is no key for/);

    const stack = await duewatch("start");
    equal(stack.code, 2);
    match(stack.stderr, /works in a checkout of Duewatch only/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Follows a page up to the program, with this checkout as the clone. */
async function getProgram(
  project: string,
  path: string,
  chapter: string,
): Promise<void> {
  const { blocks } = await readPage(path);
  const [block] = blocks.filter((found) => found.chapter === chapter);
  const commands = block.code
    .replace("git clone <this repository>", `ln -s '${config.repoDir}'`)
    .replace("git -C ../duewatch pull\n", "");
  equal(/^git/m.test(commands), false);
  await runOrThrow("get the program", ["sh", "-euc", commands], {
    cwd: project,
    env: {
      npm_config_prefer_offline: "true",
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_loglevel: "error",
    },
  });
}
