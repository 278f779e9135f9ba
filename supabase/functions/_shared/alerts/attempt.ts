import { once } from "node:events";
import type { SendResult } from "../service/send-result.ts";
import { TimeLimit } from "../time-limit.ts";
import type { AlertToSend, Channel } from "./channel.ts";

/**
 * Sends one alert, once, within a time limit that holds even for a channel that
 * does not heed its signal.
 *
 * @returns what became of it. No answer in time is transient; so is a channel
 *   that throws, so that no alert is lost to a defect that the next
 *   deployment fixes.
 */
export async function attemptSend(
  channel: Channel,
  alert: AlertToSend,
  timeoutMs: number,
): Promise<SendResult> {
  using limit = new TimeLimit(timeoutMs);
  try {
    return await Promise.race([
      channel.send(alert, limit.signal),
      once(limit.signal, "abort").then(() => {
        throw limit.signal.reason;
      }),
    ]);
  } catch (error) {
    return {
      kind: "transient",
      reason: limit.signal.aborted
        ? `There was no answer within ${timeoutMs / 1000} seconds.`
        : `The channel failed unexpectedly: ${
          error instanceof Error ? error.message : String(error)
        }`,
    };
  }
}
