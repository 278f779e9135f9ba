import { messageOf } from "../process/message_of.ts";
import { isRefusal } from "./database.ts";

/** What `/healthz` answers. */
export interface StatusReport {
  /** `ok` when alerts arrive at once and can be claimed. */
  readonly status: "ok" | "not_listening" | "not_claiming" | "stopping";
  readonly listening: boolean;
  /** Since when it is listening, or is not; ISO 8601. */
  readonly since: string;
  /** When the database last said what is due; ISO 8601. */
  readonly lastDrainAt: string | null;
  /** What is wrong, in a sentence; null when nothing is. */
  readonly problem: string | null;
  /** The channels it delivers to. */
  readonly channels: readonly string[];
}

/** How the listener is doing, as its parts report it. */
export class ListenerStatus {
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

  /** Whether the server refused our credentials; only a person can correct them. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  listens(): void {
    this.#setListening(true);
    this.#connectionProblem = null;
    this.#isRefused = false;
  }

  doesNotListen(reason: unknown): void {
    this.#setListening(false);
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
    this.#setListening(false);
  }

  report(): StatusReport {
    return {
      status: this.#status(),
      listening: this.#listening,
      since: this.#since.toISOString(),
      lastDrainAt: this.#lastDrainAt?.toISOString() ?? null,
      problem: this.#connectionProblem ?? this.#claimProblem,
      channels: this.#channels,
    };
  }

  #setListening(listening: boolean): void {
    if (this.#listening === listening) return;
    this.#listening = listening;
    this.#since = new Date();
  }

  #status(): StatusReport["status"] {
    if (this.#isStopping) return "stopping";
    if (!this.#listening) return "not_listening";
    return this.#claimProblem === null ? "ok" : "not_claiming";
  }
}
