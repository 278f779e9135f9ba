// Delivers alerts the moment they are raised: docs/how-to/run-the-alert-listener.md.
import { EnvironmentError } from "../../supabase/functions/_shared/environment.ts";
import { createLogger } from "../../supabase/functions/_shared/logger.ts";
import { stopSignals } from "../process/stop_signals.ts";
import { readEnvironment } from "./environment.ts";
import { runListener } from "./listener.ts";

/**
 * Runs the listener until SIGINT or SIGTERM.
 *
 * @param read gives the text of a variable.
 * @returns the exit code: 1 when the environment is not usable.
 */
export async function run(
  read: (name: string) => string | undefined,
): Promise<number> {
  const log = createLogger();
  try {
    await runListener({
      environment: readEnvironment(read),
      log,
      stop: stopSignals(),
    });
    return 0;
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    log.error("start_refused", { message: error.message });
    return 1;
  }
}

if (import.meta.main) Deno.exit(await run((name) => Deno.env.get(name)));
