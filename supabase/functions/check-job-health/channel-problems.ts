import { z } from "zod";
import type { ChannelsInUse } from "../_shared/alerts/registry.ts";
import { errorText } from "../_shared/error-text.ts";
import type { Logger } from "../_shared/logger.ts";
import { callChecked } from "../_shared/rpc/call.ts";
import type { CallRpc } from "../_shared/rpc/client.ts";
import { TimeLimit } from "../_shared/time-limit.ts";

/** What is set up wrongly in one channel. */
export interface ChannelProblem {
  /** The name of the channel; `links` for what all channels link to. */
  readonly channel: string;
  readonly problem: string;
}

/** The health check does not wait longer for it. */
const REPORTING_TIMEOUT_MS = 2000;

/** @returns one for each channel that is set up wrongly, or only in part. */
export function problemsOfChannels(
  { off, problems }: ChannelsInUse,
): ChannelProblem[] {
  const ofChannels = off.filter(({ reason }) => problems.includes(reason));
  const reasons = new Set(ofChannels.map(({ reason }) => reason));
  const ofLinks = problems.filter((problem) => !reasons.has(problem));
  return [
    ...ofChannels.map(({ name, reason }) => ({
      channel: name,
      problem: reason,
    })),
    ...ofLinks.length > 0
      ? [{ channel: "links", problem: ofLinks.join(" ") }]
      : [],
  ];
}

/**
 * Creates what tells the database which channels are set up wrongly, so that
 * the health report has it. That nothing is wrong is reported, too, each time: a
 * process with the former settings may have reported in between.
 *
 * @returns a function that does not reject; a failure is logged.
 */
export function createProblemReporter(
  callRpc: CallRpc,
  channels: ChannelsInUse,
  log: Logger,
): () => Promise<void> {
  const problems = problemsOfChannels(channels);

  return async () => {
    using limit = new TimeLimit(REPORTING_TIMEOUT_MS);
    try {
      await callChecked(
        callRpc,
        "report_channel_problems",
        { problems: problems.map((problem) => ({ ...problem })) },
        z.object({ problems: z.number() }),
        limit,
      );
    } catch (error) {
      log.error("channel_problems_not_reported", { message: errorText(error) });
    }
  };
}
