const SIGNALS = [["SIGINT", 130], ["SIGTERM", 143]] as const;

// Ctrl-C reaches us from the terminal, and once more from npm.
const ONE_KEYSTROKE_MS = 1_000;

/**
 * Waits for SIGINT or SIGTERM. The first asks the process to stop, the next one
 * ends it at once, with the exit code that a shell gives to that signal.
 *
 * @returns a signal that is aborted with the name of the first as its reason.
 */
export function stopSignals(): AbortSignal {
  const stop = new AbortController();
  let stoppedAt = 0;
  for (const [name, code] of SIGNALS) {
    Deno.addSignalListener(name, () => {
      if (!stop.signal.aborted) {
        stoppedAt = performance.now();
        stop.abort(name);
        return;
      }
      const isEcho = name === "SIGINT" && stop.signal.reason === name &&
        performance.now() - stoppedAt < ONE_KEYSTROKE_MS;
      if (!isEcho) Deno.exit(code);
    });
  }
  return stop.signal;
}
