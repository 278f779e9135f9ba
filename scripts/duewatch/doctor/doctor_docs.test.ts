import { deepEqual, equal, ok } from "node:assert/strict";
import { runDuewatch } from "../testing/fake_runtime.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, root));

Deno.test("the page of the doctor lists every code that it has, and no other", async () => {
  const folder = new URL("scripts/duewatch/doctor/", root);
  const codes = new Set<string>();
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".test.ts")) continue;
    const text = await read(`scripts/duewatch/doctor/${name}`);
    const found = text.matchAll(
      /\bfault\(\s*"(\w+)"|^ {4}"(\w+)",$|^ {2}\[\/.*\/, "(\w+)"|code: "(\w+)"/gm,
    );
    for (const [, ...groups] of found) {
      const code = groups.find((group) => group !== undefined);
      if (code !== undefined) codes.add(code);
    }
  }
  // An error of a function without a code; and what is said better elsewhere.
  codes.delete("unknown");
  codes.delete("setting");
  codes.add("setting_missing").add("setting_unreadable");
  const page = await read("docs/how-to/doctor.md");
  const listed = [...page.matchAll(/^\| `(\w+)` /gm)].map(([, code]) => code);
  deepEqual(listed.toSorted(), [...codes].toSorted());
});

Deno.test("each command of duewatch in the pages has the options that they use", async () => {
  let commands = 0;
  for (
    const page of ["install", "deploy", "upgrade", "rotate-keys", "doctor"]
  ) {
    const text = await read(`docs/how-to/${page}.md`);
    for (const [, line] of text.matchAll(/npx duewatch ([^\n)`]+)/g)) {
      const [command, ...words] = line.split(" ");
      const { exitCode, output } = await runDuewatch([command, "--help"]);
      equal(exitCode, 0, line);
      for (const option of words.filter((word) => word.startsWith("--"))) {
        ok(output.includes(`${option} `), `${option} of: ${line}`);
      }
      commands++;
    }
  }
  ok(commands > 10);
});
