import { signal } from "@preact/signals";

/** An action that the reader is asked about. */
export type Asked =
  | {
    readonly action: "run" | "pause" | "resume" | "snooze" | "unsnooze";
    readonly jobName: string;
  }
  | {
    readonly action: "cancel";
    readonly jobName: string;
    readonly runId: string;
  }
  | {
    readonly action: "restore_schedule";
    /** Without it, the schedules of all jobs. */
    readonly jobName?: string;
  }
  | { readonly action: "test_alert" }
  | { readonly action: "retry_alerts"; readonly channel?: string };

/** The action that the dialog asks about; null while it is closed. */
export const asking = signal<Asked | null>(null);
