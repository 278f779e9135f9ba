import type { Journal } from "./journal.ts";
import type { Scenario } from "./scenario.ts";

/** One call of a service that delivers messages to people. */
export interface Call {
  /** When it had arrived: `performance.now()` of this process. */
  readonly arrivedAt: number;
  /** Identifies the message: its repetitions have the same. */
  readonly message: string;
  /** All that a person can read in it; empty when there is nothing to read. */
  readonly said: string;
  /** Whether people got the message because of this call. */
  readonly told: boolean;
  /** What went wrong, by its name; `null` for nothing. */
  readonly fault: string | null;
}

/** Stands in for a service that delivers messages to people. */
export interface StandIn<C extends Call = Call> extends AsyncDisposable {
  /** Every call, in order of arrival. */
  readonly calls: Journal<C>;
  /** Says what goes wrong from the next call on; at first, nothing does. */
  follow(scenario: Scenario): void;
}
