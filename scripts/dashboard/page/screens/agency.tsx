import { type AgencyReport, readAgency } from "../api/data.ts";
import { session } from "../api/session.ts";
import { digits } from "../format/money.ts";
import { count } from "../format/text.ts";
import { useQuestion } from "../state/query.ts";
import { href } from "../state/route.ts";
import { AGES, AgingBar, AgingLegend } from "../ui/aging.tsx";
import { Empty, Loaded } from "../ui/states.tsx";
import { Fact, Name } from "../ui/text.tsx";
import { Ago, BothTimes } from "../ui/time.tsx";
import type { AgencyOverview } from "../api/data.ts";
import { Correct } from "./agency/correct.tsx";
import { FormerClock } from "./today/clocks.tsx";
import { LeftOut } from "./agency/left_out.tsx";
import { Preview } from "./agency/preview.tsx";

const EVERY_MS = 60_000;

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** One agency: its clock, what is open, and what other settings would change. */
export function Agency({ id }: { readonly id: string }) {
  const result = useQuestion({
    key: ["agency", id],
    read: (signal) => readAgency(id, signal),
    every: EVERY_MS,
  });
  return (
    <>
      <p class="crumbs">
        <a href={href(["agencies"])}>Agencies</a>
      </p>
      <Loaded result={result} what="the agency">
        {(report) =>
          report === null
            ? <Empty title="There is no such agency, or you may not see it." />
            : <Report report={report} />}
      </Loaded>
    </>
  );
}

function Report(
  { report: { agency, preview, changedClock } }: {
    readonly report: AgencyReport;
  },
) {
  const { value } = session;
  const isOperator = value.kind === "in" && value.access.operator;
  const { agencyId, closedWeekdays, nextCutoffAt } = agency;
  return (
    <>
      <h1>
        <Name>{agency.name}</Name>
      </h1>
      {agency.leftOut && (
        <p>
          <LeftOut leftOut={agency.leftOut} />
        </p>
      )}
      {changedClock && (
        <section class="card" aria-labelledby="clock">
          <h2 id="clock">Is that right?</h2>
          <FormerClock clock={changedClock} />
        </section>
      )}
      <dl class="facts card">
        <Fact name="Time zone">{agency.timezone ?? "not valid"}</Fact>
        <Fact name="Local time">
          {agency.localTime?.replace("T", " ").slice(0, 16)}
        </Fact>
        <Fact name="Cut-off">{agency.cutoffTime?.slice(0, 5)} local time</Fact>
        <Fact name="Next cut-off">
          {nextCutoffAt && (
            <>
              <Ago at={nextCutoffAt} /> <BothTimes at={nextCutoffAt} />
              <span class="muted small-text">
                for what is due before <time>{agency.nextCutoffDueBefore}</time>
              </span>
            </>
          )}
        </Fact>
        <Fact name="Grace">{count(agency.graceDays, "day")}</Fact>
        <Fact name="Closed on">
          {closedWeekdays.length === 0
            ? "no weekday"
            : closedWeekdays.map((day) => WEEKDAYS[day - 1]).join(", ")}
        </Fact>
        <Fact name={`Due soon (${count(agency.dueSoonThresholdDays, "day")})`}>
          {count(agency.dueSoon, "installment")}
        </Fact>
        <Fact name="Overdue">{count(agency.overdue, "installment")}</Fact>
        <Fact name="Last marked">
          {agency.lastMarkedAt ? <Ago at={agency.lastMarkedAt} /> : "never"}
        </Fact>
      </dl>
      <OpenAmounts agency={agency} />
      <Preview agency={agency} saved={preview} />
      {isOperator && (
        <section aria-labelledby="correct">
          <h2 id="correct">Correct what was marked wrongly</h2>
          <p class="muted">
            Use this after a wrong time zone, cut-off or calendar was corrected.
            It finds installments that Duewatch has marked overdue and that are
            not overdue by the settings of today, and sets them back to pending.
            Paid installments stay as they are.
          </p>
          <Correct target={{ agencyId }} />
        </section>
      )}
    </>
  );
}

function OpenAmounts(
  { agency: { aging } }: { readonly agency: AgencyOverview },
) {
  if (aging.length === 0) return null;
  return (
    <section aria-labelledby="aging">
      <h2 id="aging">Open amounts by age</h2>
      <AgingLegend />
      <div class="bars">
        {aging.map((amounts) => (
          <AgingBar key={amounts.currency} aging={amounts} />
        ))}
      </div>
      <div
        class="table-wrap"
        tabIndex={0}
        role="region"
        aria-labelledby="aging"
      >
        <table class="stacked">
          <thead>
            <tr>
              <th scope="col">Currency</th>
              {AGES.map(([key, age]) => (
                <th key={key} scope="col" class="number">{age}</th>
              ))}
              <th scope="col" class="number">Partly paid, full amount</th>
            </tr>
          </thead>
          <tbody>
            {aging.map((amounts) => (
              <tr key={amounts.currency}>
                <th scope="row">{amounts.currency ?? "none"}</th>
                {AGES.map(([key, age]) => (
                  <td key={key} class="number" data-label={age}>
                    {digits(amounts[key], amounts.currency)}
                  </td>
                ))}
                <td class="number" data-label="Partly paid, full amount">
                  {digits(
                    amounts.partialNotDue + amounts.partialOverdue,
                    amounts.currency,
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
