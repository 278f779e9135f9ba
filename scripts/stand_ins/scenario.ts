import { seededRandom } from "../testing/seeded_random.ts";
import type { Answer, LateAnswer, Reply } from "./local_service.ts";

/** What goes wrong with one call of a service. */
export interface Fault {
  /** As the service or the network calls it: `no_service`, `hang`. */
  readonly name: string;
  /** Without an answer of its own, a late one is the usual one. */
  readonly reply: Reply | Pick<LateAnswer, "until">;
  /** Whether the service accepts the message all the same. */
  readonly accepts: boolean;
}

/** One call of a service. */
export interface Attempt {
  /** Identifies the message: repetitions of it have the same. */
  readonly message: string;
  /** How often this message has come so far, with this time. */
  readonly number: number;
}

/** Decides what goes wrong with a call; `null` for nothing. */
export type Scenario = (attempt: Attempt) => Fault | null;

/** The service refuses with an error of its own. */
export function refusal(name: string, answer: Answer): Fault {
  return { name, reply: answer, accepts: false };
}

/** No answer, ever; the message is not taken. */
export const hang: Fault = { name: "hang", reply: "hang", accepts: false };

/** The connection breaks before the service has taken the message. */
export const reset: Fault = { name: "reset", reply: "reset", accepts: false };

/**
 * The service takes the message, and the connection breaks before it can say
 * so. The caller cannot know this from {@link reset}.
 */
export const acceptedThenReset: Fault = {
  name: "accepted_then_reset",
  reply: "reset",
  accepts: true,
};

/** The service takes the message, and says so only when this has settled. */
export function late(until: Promise<void>): Fault {
  return { name: "late", reply: { until }, accepts: true };
}

/**
 * What becomes of a call.
 *
 * @param usual the service's answer when nothing is wrong.
 */
export function replyTo(fault: Fault | null, usual: Answer): Reply {
  if (fault === null) return usual;
  const { reply } = fault;
  const isLate = typeof reply === "object" && "until" in reply;
  return isLate ? { answer: usual, ...reply } : reply;
}

/** The same fault for every call. */
export function always(fault: Fault): Scenario {
  return () => fault;
}

/** These faults for the first calls in order of arrival, then none. */
export function inTurn(...faults: readonly (Fault | null)[]): Scenario {
  let calls = 0;
  return () => faults[calls++] ?? null;
}

/** A fault that {@link sometimes} chooses from. */
export interface Possibility {
  readonly fault: Fault;
  /** How often in all; without it, as often as it comes. */
  readonly atMost?: number;
}

/**
 * Faults at random, repeatably: the same seed and the same calls give the same
 * faults.
 *
 * @param options.percent how many of a hundred calls fail, in the long run.
 * @param options.inARow how often one message fails at most before it gets
 *   through: its sender waits longer after each time.
 * @param options.possibilities what can go wrong, each as likely as the others.
 */
export function sometimes(options: {
  readonly seed: number;
  readonly percent: number;
  readonly inARow: number;
  readonly possibilities: readonly Possibility[];
}): Scenario {
  const random = seededRandom(options.seed);
  const used = new Map<Possibility, number>();
  return ({ number }) => {
    if (number > options.inARow) return null;
    if (random.integer(1, 100) > options.percent) return null;
    const possibility = random.pick(
      options.possibilities.filter(
        (one) => (used.get(one) ?? 0) < (one.atMost ?? Infinity),
      ),
    );
    used.set(possibility, (used.get(possibility) ?? 0) + 1);
    return possibility.fault;
  };
}

/** Asks a scenario that can be changed, and counts the attempts for it. */
export class Director {
  #scenario: Scenario = () => null;
  readonly #attempts = new Map<string, number>();

  /** Follows this scenario from the next call on. */
  follow(scenario: Scenario): void {
    this.#scenario = scenario;
  }

  /** What goes wrong with this call. */
  next(message: string): Fault | null {
    const number = (this.#attempts.get(message) ?? 0) + 1;
    this.#attempts.set(message, number);
    return this.#scenario({ message, number });
  }
}
