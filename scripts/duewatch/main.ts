// `duewatch`: docs/how-to/install.md. Nothing of npm is imported here, so that a
// person sees why the first start takes long.
const waiting = setTimeout(() => {
  if (!Deno.stderr.isTerminal()) return;
  console.error("Starting. The first start gets libraries from npm…");
}, 3_000);
const { runProgram } = await import("./program.ts");
clearTimeout(waiting);
Deno.exitCode = await runProgram(Deno.args);
// After Ctrl-C nothing is waited for any more.
if (Deno.exitCode === 130) Deno.exit();
