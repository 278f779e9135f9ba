import { useEffect, useState } from "preact/hooks";
import { ZONE } from "../format/instants.ts";
import { At } from "../ui/time.tsx";
import { afterHours, CHOICES, fromLocal } from "./until.ts";

interface Props {
  readonly isRequired: boolean;
  /** Called with the end in ISO 8601; null for none. */
  readonly onChange: (until: string | null) => void;
}

/** Asks when a pause or a snooze ends. */
export function Until({ isRequired, onChange }: Props) {
  const [choice, setChoice] = useState(isRequired ? "4" : "");
  const [local, setLocal] = useState("");
  const until = choice === ""
    ? null
    : choice === "other"
    ? fromLocal(local)
    : afterHours(Number(choice), Date.now());
  useEffect(() => onChange(until), [choice, local]);
  return (
    <div class="field">
      <label class="field">
        <span>Until</span>
        <select
          value={choice}
          onChange={({ currentTarget }) => setChoice(currentTarget.value)}
        >
          {!isRequired && <option value="">somebody resumes it</option>}
          {CHOICES.map(({ hours, text }) => (
            <option key={hours} value={String(hours)}>{text}</option>
          ))}
          <option value="other">another time…</option>
        </select>
      </label>
      {choice === "other" && (
        <label class="field">
          <span>Date and time in {ZONE}</span>
          <input
            type="datetime-local"
            required
            value={local}
            onInput={({ currentTarget }) => setLocal(currentTarget.value)}
          />
        </label>
      )}
      {until !== null && (
        <p class="muted">
          Ends <At at={until} />.
        </p>
      )}
    </div>
  );
}
