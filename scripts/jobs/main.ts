// `npm run jobs`: docs/how-to/operate-jobs.md.
import { fileURLToPath } from "node:url";
import { isCheckout } from "../duewatch/checkout.ts";
import { stopSignals } from "../process/stop_signals.ts";
import { runCommandLine } from "./command_line.ts";
import { openTerminal } from "./terminal.ts";

const environment = Object.fromEntries(
  Object.entries(Deno.env.toObject())
    .map(([name, value]) => [name, value.trim()]),
);

try {
  Deno.exitCode = await runCommandLine(Deno.args, {
    terminal: openTerminal(environment),
    environment,
    now: () => new Date(),
    stopSignal: stopSignals,
    // The package holds no local stack.
    command: await isCheckout(fileURLToPath(new URL("../../", import.meta.url)))
      ? "npm run jobs --"
      : "npx duewatch jobs",
    cwd: environment.DUEWATCH_CWD ?? Deno.cwd(),
  });
} catch (error) {
  // The reader of the output has closed it, as in `… | head`.
  if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
}
