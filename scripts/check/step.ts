import type { PrivateStack } from "./private_stack.ts";
import type { Tally } from "./tally.ts";

/** What a step gave: how many checks held, and what is worth reading. */
export interface StepResult {
  readonly tally: Tally;
  readonly output: string;
}

/** One step of the suite that needs nothing but the files. */
export interface Step {
  readonly name: string;
  /**
   * Runs the step to its end; does not throw for a check that fails.
   *
   * @param signal ends the step before its time.
   */
  run(signal: AbortSignal): Promise<StepResult>;
}

/** One step of the suite that has a stack for itself while it runs. */
export interface StackStep {
  readonly name: string;
  /** As {@linkcode Step.run}, on a stack. */
  run(signal: AbortSignal, stack: PrivateStack): Promise<StepResult>;
}
