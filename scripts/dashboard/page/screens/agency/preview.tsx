import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import {
  type AgencyOverview,
  type Preview as PreviewAnswer,
  previewOverdue,
  type Settings,
} from "../../api/data.ts";
import { money } from "../../format/money.ts";
import { count } from "../../format/text.ts";
import { useQuestion } from "../../state/query.ts";
import { Loaded } from "../../ui/states.tsx";

const EVERY_MS = 60_000;

/** What a run would mark now: by the settings of today, and by others beside them. */
export function Preview(
  { agency, saved: preview }: {
    readonly agency: AgencyOverview;
    /** What a run would mark by the settings that are saved. */
    readonly saved: PreviewAnswer;
  },
) {
  const saved: Required<Settings> = {
    timezone: agency.timezone ?? "UTC",
    cutoffTime: agency.cutoffTime?.slice(0, 5) ?? "17:00",
    graceDays: agency.graceDays,
  };
  const [tried, setTried] = useState(saved);
  const [form, setForm] = useState(saved);
  const isSame = JSON.stringify(tried) === JSON.stringify(saved);
  return (
    <section aria-labelledby="preview">
      <h2 id="preview">What a run would mark now</h2>
      <p class="muted">
        Try another zone, cut-off or grace before it is saved. Nothing is
        changed here.
      </p>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(form);
        }}
      >
        <label class="field">
          <span>Time zone</span>
          <input
            list="zones"
            required
            value={form.timezone}
            onInput={({ currentTarget: { value } }) =>
              setForm({ ...form, timezone: value })}
          />
          <datalist id="zones">
            {Intl.supportedValuesOf("timeZone").map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
        </label>
        <label class="field">
          <span>Cut-off</span>
          <input
            type="time"
            required
            value={form.cutoffTime}
            onInput={({ currentTarget: { value } }) =>
              setForm({ ...form, cutoffTime: value })}
          />
        </label>
        <label class="field">
          <span>Grace, in days</span>
          <input
            type="number"
            min={0}
            max={60}
            required
            value={form.graceDays}
            onInput={({ currentTarget: { valueAsNumber } }) =>
              setForm({ ...form, graceDays: valueAsNumber })}
          />
        </label>
        <button type="submit">Compare</button>
      </form>
      <div class="side-by-side">
        <Side title="As it is saved" settings={saved}>
          <Answer preview={preview} />
        </Side>
        {isSame && (
          <section class="card" aria-label="With these settings">
            <h3>With these settings</h3>
            <p class="muted">Change a setting above, and compare.</p>
          </section>
        )}
        {!isSame && <Tried agencyId={agency.agencyId} settings={tried} />}
      </div>
    </section>
  );
}

function Tried(
  { agencyId, settings }: {
    readonly agencyId: string;
    readonly settings: Required<Settings>;
  },
) {
  const result = useQuestion({
    key: ["preview", agencyId, settings],
    read: (signal) => previewOverdue(agencyId, settings, signal),
    every: EVERY_MS,
  });
  return (
    <Side title="With these settings" settings={settings}>
      <Loaded result={result} what="the preview">
        {(preview) => <Answer preview={preview} />}
      </Loaded>
    </Side>
  );
}

function Side(
  { title, settings, children }: {
    readonly title: string;
    readonly settings: Required<Settings>;
    readonly children: ComponentChildren;
  },
) {
  return (
    <section class="card" aria-label={title}>
      <h3>{title}</h3>
      <p class="muted">
        {settings.timezone}, {settings.cutoffTime},{" "}
        {count(settings.graceDays, "day")} of grace
      </p>
      {children}
    </section>
  );
}

function Answer({ preview }: { readonly preview: PreviewAnswer }) {
  return (
    <>
      <p class="big">{count(preview.installments, "installment")}</p>
      {preview.amounts.map(({ currency, amount }) => (
        <p key={currency}>{money(amount, currency)}</p>
      ))}
    </>
  );
}
