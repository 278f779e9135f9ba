import { useState } from "preact/hooks";
import { go } from "../../state/route.ts";

/** What the list of runs is narrowed to. */
export interface FilterValues {
  readonly job?: string;
  readonly status?: string;
  readonly trigger?: string;
  /** Days in UTC, such as `2026-11-28`; both are included. */
  readonly from?: string;
  readonly to?: string;
}

const DAY_MS = 86_400_000;

/** @returns the instants between which the runs of the chosen days started. */
export function periodOf(
  { from, to }: FilterValues,
): { readonly from?: string; readonly to?: string } {
  const first = from === undefined ? NaN : Date.parse(`${from}T00:00:00Z`);
  const last = to === undefined ? NaN : Date.parse(`${to}T00:00:00Z`);
  return {
    ...!Number.isNaN(first) && { from: new Date(first).toISOString() },
    ...!Number.isNaN(last) && { to: new Date(last + DAY_MS).toISOString() },
  };
}

const STATUSES = ["running", "success", "failed"];
const TRIGGERS: readonly [value: string, text: string][] = [
  ["cron", "schedule"],
  ["manual", "by hand"],
  ["catch_up", "catch-up"],
  ["due", "cut-off"],
];

/** The fields that narrow the list. Each change is a new address. */
export function Filters(
  { values, jobNames = [] }: {
    readonly values: FilterValues;
    readonly jobNames: readonly string[] | undefined;
  },
) {
  const jobs = new Set(jobNames);
  if (values.job !== undefined) jobs.add(values.job);
  const set = (name: keyof FilterValues, value: string) =>
    go(["runs"], { ...values, [name]: value });
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <Choice
        name="Job"
        value={values.job}
        options={[...jobs].map((job) => [job, job] as const)}
        onChange={(value) => set("job", value)}
      />
      <Choice
        name="Status"
        value={values.status}
        options={STATUSES.map((status) => [status, status] as const)}
        onChange={(value) => set("status", value)}
      />
      <Choice
        name="Started by"
        value={values.trigger}
        options={TRIGGERS}
        onChange={(value) => set("trigger", value)}
      />
      <Day
        name="From"
        value={values.from}
        max={values.to}
        onChange={(value) => set("from", value)}
      />
      <Day
        name="To"
        value={values.to}
        min={values.from}
        onChange={(value) => set("to", value)}
      />
      <RunId />
      {Object.values(values).some(Boolean) && (
        <button
          type="button"
          class="ghost"
          onClick={() => go(["runs"])}
        >
          Clear
        </button>
      )}
    </form>
  );
}

// A run id opens the run; an alert and a log line have it.
function RunId() {
  const [id, setId] = useState("");
  return (
    <label class="field">
      <span>Run id</span>
      <input
        type="search"
        value={id}
        placeholder="opens the run"
        onInput={({ currentTarget }) => setId(currentTarget.value)}
        onKeyDown={({ key }) => {
          if (key === "Enter" && id.trim() !== "") go(["runs", id.trim()]);
        }}
      />
    </label>
  );
}

function Choice(
  { name, value, options, onChange }: {
    readonly name: string;
    readonly value: string | undefined;
    readonly options: readonly (readonly [value: string, text: string])[];
    readonly onChange: (value: string) => void;
  },
) {
  return (
    <label class="field">
      <span>{name}</span>
      <select
        value={value ?? ""}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      >
        <option value="">all</option>
        {options.map(([option, text]) => (
          <option key={option} value={option}>{text}</option>
        ))}
      </select>
    </label>
  );
}

function Day(
  { name, value, min, max, onChange }: {
    readonly name: string;
    readonly value: string | undefined;
    readonly min?: string;
    readonly max?: string;
    readonly onChange: (value: string) => void;
  },
) {
  return (
    <label class="field">
      <span>{name} (UTC)</span>
      <input
        type="date"
        value={value ?? ""}
        min={min}
        max={max}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </label>
  );
}
