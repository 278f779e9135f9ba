import { Icon, type IconName } from "./icon.tsx";

/** What a colour means; the icon and the word say it, too. */
export type Tone = "good" | "warning" | "bad" | "busy" | "quiet";

const STATES: Readonly<Record<string, [Tone, IconName, string]>> = {
  ok: ["good", "ok", "OK"],
  warning: ["warning", "warning", "Warning"],
  critical: ["bad", "failed", "Critical"],
  success: ["good", "ok", "Success"],
  failed: ["bad", "failed", "Failed"],
  running: ["busy", "running", "Running"],
  paused: ["quiet", "paused", "Paused"],
  snoozed: ["quiet", "bell-off", "Snoozed"],
  disabled: ["quiet", "ban", "Disabled"],
  sent: ["good", "check", "Delivered"],
  delivered: ["good", "check", "Delivered"],
  pending: ["busy", "clock", "Waiting"],
  waiting: ["busy", "clock", "Waiting"],
  given_up: ["bad", "failed", "Given up"],
  no_channel: ["warning", "bell-off", "No channel"],
  open: ["bad", "siren", "Open"],
  over: ["good", "check", "Over"],
  on: ["good", "check", "On"],
  off: ["quiet", "ban", "Off"],
  continued: ["busy", "chevron", "Continued"],
  cancelled: ["quiet", "ban", "Cancelled"],
  due_soon: ["warning", "clock", "Due soon"],
  overdue: ["bad", "alert", "Overdue"],
  left_out: ["bad", "alert", "Left out"],
  correctable: ["warning", "warning", "Marked wrongly"],
  not_yet: ["good", "clock", "Not yet due"],
  closed: ["quiet", "check", "Closed"],
  not_active: ["quiet", "ban", "Not active"],
  to_be_paid: ["quiet", "clock", "Pending"],
  paid: ["good", "check", "Paid"],
  partial: ["warning", "clock", "Partly paid"],
  draft: ["quiet", "file", "Draft"],
};

/** The status of an installment, which shares a word with that of a delivery. */
export function InstallmentStatus({ status }: { readonly status: string }) {
  return <Badge state={status === "pending" ? "to_be_paid" : status} />;
}

/** A state as a word with an icon and a colour. */
export function Badge({ state }: { readonly state: string }) {
  const [tone, icon, word] = STATES[state] ??
    ["quiet", "alert", state.replaceAll("_", " ")];
  return (
    <span class={`badge tone-${tone}`}>
      <Icon name={icon} />
      {word}
    </span>
  );
}
