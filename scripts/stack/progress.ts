/** Receives what a long operation is doing, as one short line per step. */
export interface Progress {
  /** Announces a step that begins now. */
  step(text: string): void;
}

/** Prints each step to standard error with the seconds since the start. */
export function terminalProgress(): Progress {
  const startedAt = performance.now();
  return {
    step(text) {
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      console.error(`${`${seconds}s`.padStart(4)}  ${text}`);
    },
  };
}

/** Says nothing, for tests and scripts with output of their own. */
export const silentProgress: Progress = { step() {} };
