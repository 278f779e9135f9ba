import { type ChangedClock, changedClocks } from "../../api/data.ts";
import { session } from "../../api/session.ts";
import { count } from "../../format/text.ts";
import { useQuestion } from "../../state/query.ts";
import { href } from "../../state/route.ts";
import { Icon } from "../../ui/icon.tsx";
import { Command, Name } from "../../ui/text.tsx";
import { Ago } from "../../ui/time.tsx";

const EVERY_MS = 60_000;

/** @returns the agencies whose clock was changed in the last seven days. */
export function useChangedClocks() {
  return useQuestion({
    key: ["changed clocks"],
    read: changedClocks,
    every: EVERY_MS,
  });
}

/** Agencies whose clock was changed lately: a wrong zone fails nowhere else. */
export function ChangedClocks(
  { clocks }: { readonly clocks: readonly ChangedClock[] },
) {
  if (clocks.length === 0) return null;
  return (
    <section aria-labelledby="clocks">
      <h2 id="clocks">Is that right?</h2>
      <details class="card" open={clocks.length <= 3}>
        <summary>
          <Icon name="clock" /> {clocks.length === 1
            ? "The time zone or the cut-off of an agency was changed"
            : `The time zone or the cut-off of ${
              count(clocks.length, "agency", "agencies")
            } was changed`} in the last seven days
        </summary>
        <ul class="spaced">
          {clocks.map((clock) => (
            <li key={clock.agencyId}>
              <a href={href(["agencies", clock.agencyId])}>
                <Name>{clock.name}</Name>
              </a>
              <FormerClock clock={clock} />
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}

/** What the clock of an agency was before, and how to have it back. */
export function FormerClock({ clock }: { readonly clock: ChangedClock }) {
  const { value } = session;
  const isOperator = value.kind === "in" && value.access.operator;
  return (
    <>
      <p>
        Now: {clock.timezone ?? "no zone"}, cut-off{" "}
        {clock.cutoffTime.slice(0, 5)}. Before: {clock.formerTimezone}, cut-off
        {" "}
        {clock.formerCutoffTime.slice(0, 5)}, when installments were last marked
        {" "}
        (<Ago at={clock.lastMarkedAt} />). {isOperator
          ? "If the change was a mistake, run this in the SQL editor, and then " +
            "correct what was marked on the agency's page:"
          : "If the change was a mistake, ask an admin to take it back."}
      </p>
      {isOperator && <Command text={clock.statement} />}
    </>
  );
}
