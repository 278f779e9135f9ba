// `npm run dashboard`: docs/how-to/dashboard.md.
import { stopSignals } from "../process/stop_signals.ts";
import { runCommandLine } from "./command_line.ts";

const environment = Object.fromEntries(
  Object.entries(Deno.env.toObject())
    .map(([name, value]) => [name, value.trim()]),
);

Deno.exitCode = await runCommandLine(Deno.args, {
  environment,
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
