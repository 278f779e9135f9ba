import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import { memoryTerminal } from "../jobs/testing/memory_terminal.ts";
import { COMMANDS } from "./commands/mod.ts";
import { DuewatchError, StoppedError } from "./errors.ts";
import { openSession, type Runtime } from "./session.ts";
import { untilStopped } from "./stopped.ts";
import { runDuewatch } from "./testing/fake_runtime.ts";

Deno.test("every command has a help with examples", async () => {
  const { output } = await runDuewatch(["--help"]);
  const section = /Commands:\n([\s\S]*?)\n\n/.exec(output)?.[1] ?? "";
  const names = [...section.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name)
    .filter((name) => name !== "help");
  equal(names.length, COMMANDS.length);
  for (const name of names) {
    const help = await runDuewatch([name, "--help"]);
    equal(help.exitCode, 0);
    match(help.output, new RegExp(`Examples:\n  # .+\n  npx duewatch ${name}`));
    match(help.output, /--json/);
  }
});

Deno.test("the program says its version", async () => {
  match((await runDuewatch(["--version"])).output, /^\d+\.\d+\.\d+/);
});

Deno.test("a command that is not there, or is called wrongly, ends with 2", async () => {
  const empty = await runDuewatch(["doctor", "--db-url", ""]);
  equal(empty.exitCode, 2);
  equal(empty.notes, "--db-url is empty. Is the variable set?\n");
  equal((await runDuewatch(["nonsense"])).exitCode, 2);
  equal((await runDuewatch(["install", "--nonsense"])).exitCode, 2);
});

const runtime = (ask: Runtime["ask"]): Runtime => ({
  terminal: memoryTerminal(),
  environment: {},
  now: () => new Date(),
  cwd: "/",
  packageDir: "/",
  ask,
  stopSignal: () => new AbortController().signal,
});

Deno.test("a change is made after yes, with --yes, and never with --dry-run", () => {
  const confirm = (answer: string | null, options = {}) =>
    openSession(runtime(() => answer), options).confirm("A plan.");
  deepEqual(["y", "Yes", " yes "].map((answer) => confirm(answer)), [
    true,
    true,
    true,
  ]);
  for (const answer of ["n", "", "maybe", null]) {
    throws(() => confirm(answer), new DuewatchError("Nothing was changed.", 3));
  }
  equal(confirm(null, { yes: true }), true);
  equal(confirm("y", { dryRun: true }), false);
});

Deno.test("Ctrl-C ends a command in a sentence, and asks and says nothing more", async () => {
  const stop = new AbortController();
  const terminal = memoryTerminal();
  const session = openSession({
    ...runtime(() => "y"),
    terminal,
    stopSignal: () => stop.signal,
  }, {});
  const killed = new Promise((_, reject) =>
    stop.signal.addEventListener("abort", () => reject(new Error("SIGINT")))
  );
  const stopped = untilStopped(session, killed);
  stop.abort();
  await rejects(stopped, new StoppedError());
  throws(() => session.confirm("A plan."), new StoppedError());
  deepEqual([terminal.output, terminal.notes], ["", "Stopping…\n"]);
});

Deno.test("where nobody can answer, a change names --yes and a value its option", () => {
  const session = openSession(runtime(null), {});
  throws(() => session.confirm("A plan."), /Use --yes/);
  throws(() => session.askFor("Which zone?", "--default-timezone"), {
    message: "Nothing was changed: --default-timezone is needed. Which zone?",
    exitCode: 3,
  });
});
