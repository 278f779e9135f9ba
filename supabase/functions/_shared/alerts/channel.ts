import type { z } from "zod";
import type { EnvironmentOf } from "../environment.ts";
import type { SendResult } from "../service/send-result.ts";
import type { Alert, AlertKind } from "./alert.ts";

/** An alert, and the number of its idempotency key where it is not the first. */
export type AlertToSend = Alert & { readonly key_number?: number };

/** A configured way to reach people. */
export interface Channel {
  /** As in `jobs.alert_channels`; it must not change. */
  readonly name: string;
  /** What it carries. */
  readonly kinds: readonly AlertKind[];
  /** Identifies where it sends to, if the last resort can send there as well. */
  readonly fingerprint?: string;
  /**
   * Sends one alert, once. Rendering must depend on nothing but the alert and
   * the configuration: a repeat has to be the same message.
   *
   * @param signal ends the attempt when it has no time left.
   * @returns what the service made of it, whatever that is.
   * @throws the signal's reason once that is aborted, and nothing else.
   */
  send(alert: AlertToSend, signal: AbortSignal): Promise<SendResult>;
}

/** Whether a channel's variables are there. */
export type ConfiguredChannel =
  | { readonly kind: "on"; readonly channel: Channel }
  /** `reason` is a sentence that says what to set. */
  | { readonly kind: "off"; readonly reason: string };

/** What a channel's folder exports; `channels.ts` lists them. */
export interface ChannelDefinition<
  Variables extends z.ZodRawShape = z.ZodRawShape,
> {
  readonly name: string;
  /** Its environment variables. All may be missing: then it is off. */
  readonly variables: Variables;
  /**
   * @param environment the checked values of `variables`.
   * @throws {EnvironmentError} when only some of them are set, naming the
   *   missing ones. Then the channel is off, and the others work.
   */
  configure(environment: EnvironmentOf<Variables>): ConfiguredChannel;
}
