import { config } from "../api/config.ts";
import { session } from "../api/session.ts";
import { type Asked, asking } from "../state/asking.ts";
import { Icon } from "../ui/icon.tsx";
import { describe } from "./describe.ts";

/** A button that asks about an action. Nothing for those who may not act. */
export function ActionButton(
  { asked, label, small = true }: {
    readonly asked: Asked;
    readonly label?: string;
    readonly small?: boolean;
  },
) {
  const { value } = session;
  const mayAct = config.mode === "process" ||
    value.kind === "in" && value.access.operator;
  if (!mayAct) return null;
  const { button, icon, danger } = describe(asked);
  const subject = "jobName" in asked
    ? asked.jobName
    : "channel" in asked
    ? asked.channel
    : undefined;
  return (
    <button
      type="button"
      class={`${small ? "small " : ""}${danger ? "danger" : ""}`}
      aria-label={`${label ?? button}${subject ? `: ${subject}` : ""}`}
      onClick={() => asking.value = asked}
    >
      <Icon name={icon} /> {label ?? button}
    </button>
  );
}
