// `npm run new-job`: docs/how-to/add-a-job.md.
import { fileURLToPath } from "node:url";
import { stopSignals } from "../process/stop_signals.ts";
import { runCommandLine } from "./command_line.ts";

const encoder = new TextEncoder();

Deno.exitCode = await runCommandLine(Deno.args, {
  repoDir: fileURLToPath(new URL("../../", import.meta.url)),
  now: new Date(),
  signal: stopSignals(),
  write: (text) => Deno.stdout.writeSync(encoder.encode(text)),
  note: (text) => Deno.stderr.writeSync(encoder.encode(text)),
});
