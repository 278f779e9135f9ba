import { isRefusal } from "./database.ts";
import { messageOf } from "./error_message.ts";

/** What `/healthz` answers. */
export interface ConditionReport {
  /** `ok` when alerts are heard of at once and can be claimed. */
  readonly status: "ok" | "not_listening" | "not_claiming" | "stopping";
  readonly listening: boolean;
  /** Since when it is listening, or is not; ISO 8601. */
  readonly since: string;
  /** When the database last said what is due; ISO 8601. */
  readonly lastDrainAt: string | null;
  /** What stands in the way, in a sentence; null when nothing does. */
  readonly problem: string | null;
  /** The channels it delivers to. */
  readonly channels: readonly string[];
}

/** How the listener is doing, as its parts tell. */
export class Condition {
  readonly #channels: readonly string[];
  #listening = false;
  #since = new Date();
  #lastDrainAt: Date | null = null;
  #connectionProblem: string | null = "it has not connected yet";
  #claimProblem: string | null = null;
  #isRefused = false;
  #isStopping = false;

  /** @param channels names of those that are on. */
  constructor(channels: readonly string[]) {
    this.#channels = channels;
  }

  get isListening(): boolean {
    return this.#listening;
  }

  /** Whether the server will not have us; only a person can mend that. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  listens(): void {
    this.#turn(true);
    this.#connectionProblem = null;
    this.#isRefused = false;
  }

  doesNotListen(reason: unknown): void {
    this.#turn(false);
    this.#connectionProblem = messageOf(reason);
    this.#isRefused = isRefusal(reason);
  }

  claimed(): void {
    this.#lastDrainAt = new Date();
    this.#claimProblem = null;
  }

  couldNotClaim(reason: unknown): void {
    this.#claimProblem = messageOf(reason);
  }

  stops(): void {
    this.#isStopping = true;
    this.#turn(false);
  }

  report(): ConditionReport {
    return {
      status: this.#status(),
      listening: this.#listening,
      since: this.#since.toISOString(),
      lastDrainAt: this.#lastDrainAt?.toISOString() ?? null,
      problem: this.#connectionProblem ?? this.#claimProblem,
      channels: this.#channels,
    };
  }

  #turn(listening: boolean): void {
    if (this.#listening === listening) return;
    this.#listening = listening;
    this.#since = new Date();
  }

  #status(): ConditionReport["status"] {
    if (this.#isStopping) return "stopping";
    if (!this.#listening) return "not_listening";
    return this.#claimProblem === null ? "ok" : "not_claiming";
  }
}
