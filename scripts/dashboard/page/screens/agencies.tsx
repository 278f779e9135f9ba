import { readRows } from "../api/client.ts";
import { timeOfDay } from "../format/instants.ts";
import { now } from "../state/clock.ts";
import { useQuestion } from "../state/query.ts";
import { Empty, Loaded } from "../ui/states.tsx";
import { Name } from "../ui/text.tsx";

const EVERY_MS = 60_000;
const PAGE = 200;

interface Agency {
  readonly id: string;
  readonly name: string;
  readonly timezone: string;
  readonly overdue_cutoff_time: string;
  readonly due_soon_threshold_days: number;
}

/** The agencies that the reader may see, with their clocks. */
export function Agencies() {
  const result = useQuestion({
    key: ["agencies"],
    read: (signal) =>
      readRows<Agency>("agencies", {
        select: "id,name,timezone,overdue_cutoff_time,due_soon_threshold_days",
        order: "name",
        limit: PAGE,
      }, signal),
    every: EVERY_MS,
  });
  return (
    <>
      <h1>Agencies</h1>
      <Loaded result={result} what="the agencies">
        {(agencies) =>
          agencies.length === 0
            ? <Empty title="There is no agency that you may see." />
            : <List agencies={agencies} />}
      </Loaded>
    </>
  );
}

function List({ agencies }: { readonly agencies: readonly Agency[] }) {
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label="Agencies">
      <table>
        <thead>
          <tr>
            <th scope="col">agency</th>
            <th scope="col">time zone</th>
            <th scope="col">local time</th>
            <th scope="col">cut-off</th>
            <th scope="col" class="number">due soon from</th>
          </tr>
        </thead>
        <tbody>
          {agencies.map((agency) => (
            <tr key={agency.id}>
              <th scope="row">
                <Name>{agency.name}</Name>
              </th>
              <td>{agency.timezone}</td>
              <td>{timeOfDay(now.value, agency.timezone)}</td>
              <td>{agency.overdue_cutoff_time.slice(0, 5)}</td>
              <td class="number">
                {agency.due_soon_threshold_days} days before
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
