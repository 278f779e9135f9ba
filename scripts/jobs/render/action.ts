import { singleLine } from "../../../supabase/functions/_shared/truncate.ts";
import type { Action } from "../api/answers.ts";
import { toTheSecond } from "./instants.ts";
import { shortId } from "./runs.ts";

/** @returns what an action has done, in a sentence or two. */
export function formatAction(action: Action): string {
  const sentence = sentenceOf(action);
  const { changed, requestedBy, reason } = action;
  if (action.action === "retry_alerts" || action.action === "cancel") {
    return sentence;
  }
  return changed && reason !== null
    ? `${sentence} Asked by ${singleLine(requestedBy)}: ${singleLine(reason)}`
    : sentence;
}

function sentenceOf(
  asked: Action,
): string {
  const { action, jobName, runId, until, endedAt, changed, retried = 0 } =
    asked;
  const job = singleLine(jobName ?? "");
  const end = until === null ? "it is resumed" : toTheSecond(until);
  const already = changed ? "" : " already";
  switch (action) {
    case "pause":
      return `${job} is${already} paused until ${end}.`;
    case "resume":
      return changed
        ? `${job} is resumed: runs are expected from now on.`
        : `${job} is not paused.`;
    case "reschedule": {
      const { schedule = "", formerSchedule = "" } = asked;
      return changed && schedule !== formerSchedule
        ? `${job} starts at ${singleLine(schedule)} (UTC), and no longer at ${
          singleLine(formerSchedule)
        }.`
        : `${job} starts at ${singleLine(schedule)} (UTC), as before.`;
    }
    case "snooze":
      return `${job} is${already} snoozed: it raises no alert until ${end}.`;
    case "unsnooze":
      return changed
        ? `${job} is not snoozed any more: what is wrong alerts now.`
        : `${job} is not snoozed.`;
    case "cancel":
      return endedAt === null
        ? `Run ${shortId(runId ?? "")} is${already} cancelled: it ends when ` +
          "the batch in hand is done."
        : `Run ${shortId(runId ?? "")} is${already} cancelled and has ended.`;
    case "restore_schedule":
      return jobName === null
        ? `The entries of all jobs are${already} as they have to be.`
        : `The entry of ${job} is${already} as it is registered.`;
    case "retry_alerts":
      return retried === 0
        ? "No alert was given up in the last 24 hours."
        : `${retried} ${
          retried === 1 ? "delivery" : "deliveries"
        } will be sent again.`;
    default:
      return `${singleLine(action)}: done.`;
  }
}
