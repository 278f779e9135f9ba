import { scaleLinear } from "d3-scale";
import type { Aging as Amounts } from "../api/data.ts";
import { money } from "../format/money.ts";

/** The ages of what is open, oldest last. */
export const AGES: readonly (readonly [
  key: "notDue" | "days1To30" | "days31To60" | "days61To90" | "daysOver90",
  text: string,
])[] = [
  ["notDue", "Not due"],
  ["days1To30", "1–30 days"],
  ["days31To60", "31–60 days"],
  ["days61To90", "61–90 days"],
  ["daysOver90", "Over 90 days"],
];

const WIDTH = 240;
const HEIGHT = 12;

/** What is overdue, of all that is open. */
export function overdueOf(aging: Amounts): number {
  return AGES.slice(1).reduce((sum, [key]) => sum + aging[key], 0);
}

/** Open amounts of one currency as one bar, with a part for each age. */
export function AgingBar({ aging }: { readonly aging: Amounts }) {
  const total = AGES.reduce((sum, [key]) => sum + aging[key], 0);
  const x = scaleLinear([0, Math.max(total, 1)], [0, WIDTH]);
  let begin = 0;
  const text = AGES
    .filter(([key]) => aging[key] > 0)
    .map(([key, age]) => `${age}: ${money(aging[key], aging.currency)}`)
    .join(", ");
  return (
    <div class="aging">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={text || "nothing is open"}
      >
        {AGES.map(([key, age], index) => {
          const from = begin;
          begin += aging[key];
          return (
            <rect
              key={key}
              class={`age-${index}`}
              x={x(from)}
              y={0}
              width={Math.max(0, x(begin) - x(from))}
              height={HEIGHT}
            >
              <title>{age}: {money(aging[key], aging.currency)}</title>
            </rect>
          );
        })}
      </svg>
      <span>
        {money(overdueOf(aging), aging.currency)}{" "}
        <span class="muted">
          overdue of {money(total, aging.currency)} open
        </span>
      </span>
    </div>
  );
}

/** What the colours of the bars mean. */
export function AgingLegend() {
  return (
    <ul class="legend">
      {AGES.map(([key, age], index) => (
        <li key={key}>
          <svg viewBox="0 0 12 12" aria-hidden="true">
            <rect class={`age-${index}`} width="12" height="12" />
          </svg>
          {age}
        </li>
      ))}
    </ul>
  );
}
