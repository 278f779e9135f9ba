import type { Run } from "../../api/client.ts";
import { useAgencyNames } from "../../state/agency_names.ts";
import { count, number } from "../../format/text.ts";
import { Correct } from "../agency/correct.tsx";
import { href } from "../../state/route.ts";
import { Name } from "../../ui/text.tsx";

interface Result {
  readonly agency_id?: string;
  readonly updated_count?: number;
  readonly transitions?: Readonly<Record<string, number>>;
}

const SHOWN = 100;

/** What a run changed for each agency. */
export function Results({ run: { id, metadata } }: { readonly run: Run }) {
  const results = resultsIn(metadata);
  const shown = results.slice(0, SHOWN);
  const names = useAgencyNames(shown.map(idOf).filter(isUuid));
  if (results.length === 0) return null;
  return (
    <section aria-labelledby="results">
      <h2 id="results">
        What it changed ({count(results.length, "agency", "agencies")})
      </h2>
      <div
        class="table-wrap"
        tabIndex={0}
        role="region"
        aria-labelledby="results"
      >
        <table class="stacked">
          <thead>
            <tr>
              <th scope="col">Agency</th>
              <th scope="col" class="number">Installments changed</th>
              <th scope="col">From → to</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ agency_id: agencyId = "", ...result }) => (
              <tr key={agencyId}>
                <th scope="row">
                  {names.has(agencyId)
                    ? (
                      <a href={href(["agencies", agencyId])}>
                        <Name>{names.get(agencyId) ?? ""}</Name>
                      </a>
                    )
                    : <Name>{agencyId}</Name>}
                </th>
                <td class="number" data-label="Installments changed">
                  {number(result.updated_count ?? 0)}
                </td>
                <td data-label="From → to">
                  {Object.entries(result.transitions ?? {})
                    .map(([name, times]) =>
                      `${name.replace("_to_", " → ")}: ${number(times)}`
                    )
                    .join(", ")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Correct target={{ runId: id }} />
      {results.length > SHOWN && (
        <p class="muted">
          The {SHOWN}{" "}
          with the most changes are listed. Copy the run as JSON for all.
        </p>
      )}
    </section>
  );
}

function idOf({ agency_id: id }: Result): string {
  return id ?? "";
}

// A job can write anything in its place, and the Data API would refuse all.
function isUuid(id: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
}

function resultsIn(metadata: unknown): Result[] {
  if (typeof metadata !== "object" || metadata === null) return [];
  const { agencies } = metadata as { agencies?: unknown };
  if (!Array.isArray(agencies)) return [];
  return agencies.toSorted((a: Result, b: Result) =>
    (b.updated_count ?? 0) - (a.updated_count ?? 0)
  );
}
