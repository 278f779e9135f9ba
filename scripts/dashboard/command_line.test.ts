import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import { runCommandLine } from "./command_line.ts";
import type { StartCommand } from "./page_config.ts";

const REF = "abcdefghijklmnopqrst";
const KEY = "--publishable-key=sb_publishable_abc";

/** Runs it in a folder whose project is linked by default. */
async function runIn(
  args: readonly string[],
  { linked = true, command = "npx duewatch dashboard" }: {
    linked?: boolean;
    command?: StartCommand;
  } = {},
) {
  const cwd = await Deno.makeTempDir();
  const printed: string[] = [];
  const errors: string[] = [];
  try {
    if (linked) {
      const folder = join(cwd, "supabase", ".temp");
      await Deno.mkdir(folder, { recursive: true });
      await Deno.writeTextFile(join(folder, "project-ref"), `${REF}\n`);
    }
    const exitCode = await runCommandLine(args, {
      environment: {},
      command,
      cwd,
      stopSignal: () => new AbortController().signal,
      print: (text) => printed.push(text),
      printError: (text) => errors.push(text),
      enterPresses: async function* () {},
    });
    const files = await Array.fromAsync(Deno.readDir(cwd));
    const page = files.find(({ name }) => name.endsWith(".html"));
    return {
      exitCode,
      output: printed.join("\n"),
      error: errors.join("\n"),
      html: page && await Deno.readTextFile(join(cwd, page.name)),
    };
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

for (
  const command of ["npm run dashboard", "npx duewatch dashboard"] as const
) {
  Deno.test(`the help of ${command} has examples that can be copied`, async () => {
    const { exitCode, output } = await runIn(["--help"], { command });
    equal(exitCode, 0);
    const dashes = command.startsWith("npm") ? " --" : "";
    match(output, new RegExp(`\n  ${command}\n  ${command}${dashes} --url`));
  });
}

const BUILDS: [name: string, args: string[]][] = [
  ["the address behind build", [
    "build",
    "--url=https://other.example",
    KEY,
    "page.html",
  ]],
  ["the address before build", [
    "--url=https://other.example",
    "build",
    KEY,
    "page.html",
  ]],
];
for (const [name, args] of BUILDS) {
  Deno.test(`a page is built for ${name}`, async () => {
    const { exitCode, output, html } = await runIn(args);
    equal(exitCode, 0);
    match(
      output,
      /^Wrote page\.html \(\d+ kB\) for https:\/\/other\.example\.$/,
    );
    match(html ?? "", /"project":"https:\/\/other\.example"/);
  });
}

Deno.test("a page is built for the linked project", async () => {
  const { exitCode, html } = await runIn(["build", "--linked", KEY]);
  equal(exitCode, 0);
  match(html ?? "", new RegExp(`"project":"https://${REF}.supabase.co"`));
});

const REFUSED: [
  args: string[],
  words: RegExp,
  options?: { linked: boolean },
][] = [
  [["--linked"], /There is no key for https:\/\/abc.+DUEWATCH_KEY/],
  [["--linked"], /No project is linked.+npx supabase link/, {
    linked: false,
  }],
  [["--linked", "--url=https://a.example"], /Give --url or --linked/],
  [["build", KEY, "--url=nowhere"], /Name the project with --url/],
  [["build", "--linked"], /Give the publishable key/],
  [
    ["build", "--linked", "--publishable-key=sb_secret_abc"],
    /A secret key must never be in a page/,
  ],
  [["--port=70000"], /A port is a number up to 65535/],
  [["nonsense"], /nonsense|too many arguments/],
];
for (const [args, words, options] of REFUSED) {
  Deno.test(`duewatch dashboard ${args.join(" ")} is refused with ${words}`, async () => {
    const { exitCode, output, error, html } = await runIn(args, options);
    deepEqual({ exitCode, output, html }, {
      exitCode: 2,
      output: "",
      html: undefined,
    });
    match(error, words);
  });
}
