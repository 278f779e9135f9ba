// `npm run dashboard`, `npx duewatch dashboard`: docs/how-to/dashboard.md.
import { fileURLToPath } from "node:url";
import { stopSignals } from "../process/stop_signals.ts";
import { exists } from "../stack/files.ts";
import { runCommandLine } from "./command_line.ts";

const environment = Object.fromEntries(
  Object.entries(Deno.env.toObject())
    .map(([name, value]) => [name, value.trim()]),
);

Deno.exitCode = await runCommandLine(Deno.args, {
  environment,
  // The package holds no local stack.
  command:
    await exists(fileURLToPath(new URL("../stack/main.ts", import.meta.url)))
      ? "npm run dashboard"
      : "npx duewatch dashboard",
  cwd: environment.DUEWATCH_CWD ?? Deno.cwd(),
  stopSignal: stopSignals,
  print: (text) => console.log(text),
  printError: (text) => console.error(text),
  enterPresses: () => enterPresses(),
});

/** Each line that somebody types, where somebody can. */
async function* enterPresses(): AsyncGenerator<void> {
  if (!Deno.stdin.isTerminal()) return;
  for await (const _ of Deno.stdin.readable) yield;
}
