import type { IconName } from "../ui/icon.tsx";
import type { Asked } from "../state/asking.ts";

/** What the dialog says of an action. */
export interface Description {
  readonly title: string;
  /** What will happen, and what will not. */
  readonly effect: string;
  readonly button: string;
  readonly icon: IconName;
  readonly danger: boolean;
  readonly reason: "required" | "optional";
  /** When it ends. */
  readonly until: "none" | "optional" | "required";
}

const COMMON = { danger: false, reason: "optional", until: "none" } as const;

/** @returns what an action will do, in words. */
export function describe(asked: Asked): Description {
  switch (asked.action) {
    case "run":
      return {
        ...COMMON,
        title: `Run ${asked.jobName} now?`,
        effect:
          "It starts at once, also while it is paused. The schedule stays as " +
          "it is. Nothing is done twice: what an earlier run has done is left alone.",
        button: "Run now",
        icon: "play",
      };
    case "pause":
      return {
        ...COMMON,
        title: `Pause ${asked.jobName}?`,
        effect:
          "The schedule no longer starts it. A run that is under way goes on. " +
          "No missed run is reported meanwhile.",
        button: "Pause",
        icon: "pause",
        reason: "required",
        until: "optional",
      };
    case "resume":
      return {
        ...COMMON,
        title: `Resume ${asked.jobName}?`,
        effect:
          "The schedule starts it again, from the next time on. Run it now to " +
          "catch up what it has missed.",
        button: "Resume",
        icon: "play",
      };
    case "snooze":
      return {
        ...COMMON,
        title: `Snooze the alerts of ${asked.jobName}?`,
        effect:
          "Its runs go on, and no alert about it is raised until then. What is " +
          "still wrong afterwards is alerted. A snooze lasts 30 days at most.",
        button: "Snooze",
        icon: "bell-off",
        reason: "required",
        until: "required",
      };
    case "unsnooze":
      return {
        ...COMMON,
        title: `End the snooze of ${asked.jobName}?`,
        effect: "What is wrong with it now is alerted within two minutes.",
        button: "End the snooze",
        icon: "siren",
      };
    case "cancel":
      return {
        ...COMMON,
        title: "Cancel this run?",
        effect:
          `The run of ${asked.jobName} ends as failed, as soon as the batch in ` +
          "hand is done. What it has changed so far stays. Nobody is alerted, " +
          "and it is not caught up: the next tick starts the job again.",
        button: "Cancel the run",
        icon: "ban",
        danger: true,
        reason: "required",
      };
    case "restore_schedule":
      return {
        ...COMMON,
        title: asked.jobName === undefined
          ? "Restore the schedule of every job?"
          : `Restore the schedule of ${asked.jobName}?`,
        effect:
          "Its entry in pg_cron becomes what the job is registered with: time, " +
          "command, and active unless the job is paused or disabled. Somebody " +
          "may have changed it on purpose: ask first, or pause the job instead.",
        button: "Restore the schedule",
        icon: "clock",
      };
    case "test_alert":
      return {
        ...COMMON,
        title: "Test the alerts?",
        effect:
          "One test goes out on every channel and on the last resort. The answer " +
          "says, within 20 seconds, where it arrived. No incident is opened.",
        button: "Test the alerts",
        icon: "send",
      };
    case "retry_alerts":
      return {
        ...COMMON,
        title: asked.channel === undefined
          ? "Send again on every channel?"
          : `Send again on ${asked.channel}?`,
        effect:
          "Alerts that were given up in the last 24 hours wait again and leave " +
          "within a minute. Fix the channel first: otherwise they are given up again.",
        button: "Send again",
        icon: "send",
      };
  }
}
