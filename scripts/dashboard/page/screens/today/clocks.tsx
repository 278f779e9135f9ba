import { changedClocks } from "../../api/data.ts";
import { session } from "../../api/session.ts";
import { count } from "../../format/text.ts";
import { useQuestion } from "../../state/query.ts";
import { href } from "../../state/route.ts";
import { Icon } from "../../ui/icon.tsx";
import { Command, Name } from "../../ui/text.tsx";
import { Ago } from "../../ui/time.tsx";

const EVERY_MS = 60_000;

/** Agencies whose clock was changed lately: a wrong zone fails nowhere else. */
export function ChangedClocks() {
  const { value } = session;
  return value.kind === "in" && value.access.data ? <Clocks /> : null;
}

/** @returns the agencies whose clock was changed in the last seven days. */
export function useChangedClocks() {
  return useQuestion({
    key: ["changed clocks"],
    read: changedClocks,
    every: EVERY_MS,
  });
}

function Clocks() {
  const { data: clocks = [] } = useChangedClocks();
  if (clocks.length === 0) return null;
  return (
    <section aria-labelledby="clocks">
      <h2 id="clocks">Is that right?</h2>
      <details class="card" open={clocks.length <= 3}>
        <summary>
          <Icon name="clock" />{" "}
          {count(clocks.length, "agency has", "agencies have")}{" "}
          another time zone or cut-off than in the last seven days
        </summary>
        <ul>
          {clocks.map((clock) => (
            <li key={clock.agencyId}>
              <a href={href(["agencies", clock.agencyId])}>
                <Name>{clock.name}</Name>
              </a>
              <FormerClock agencyId={clock.agencyId} />
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}

/** What the clock of an agency was before, and how to have it back. */
export function FormerClock({ agencyId }: { readonly agencyId: string }) {
  const { value } = session;
  const isOperator = value.kind === "in" && value.access.operator;
  const { data = [] } = useChangedClocks();
  const clock = data.find((each) => each.agencyId === agencyId);
  if (clock === undefined) return null;
  const former = [clock.formerTimezone, clock.formerCutoffTime.slice(0, 5)];
  return (
    <>
      <p>
        It is {clock.timezone ?? "no zone"},{" "}
        {clock.cutoffTime.slice(0, 5)}. It was {former.join(", ")}{" "}
        when installments were marked <Ago at={clock.lastMarkedAt} />.{" "}
        {isOperator
          ? "If the change was a mistake, take it back, and then correct what " +
            "was marked on the agency's page:"
          : "If the change was a mistake, ask an admin to take it back."}
      </p>
      {isOperator && (
        <Command
          text={`update public.agencies\nset timezone = '${
            former[0]
          }', overdue_cutoff_time = '${former[1]}'\nwhere id = '${agencyId}';`}
        />
      )}
    </>
  );
}
