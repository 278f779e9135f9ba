import { useState } from "preact/hooks";
import { type AgencyOverview, listAgencies, PAGE } from "../api/data.ts";
import { number } from "../format/text.ts";
import { useQuestion } from "../state/query.ts";
import { go, href, route } from "../state/route.ts";
import { AgingBar, AgingLegend } from "../ui/aging.tsx";
import { Icon } from "../ui/icon.tsx";
import { Empty, Loaded } from "../ui/states.tsx";
import { Name } from "../ui/text.tsx";
import { Ago } from "../ui/time.tsx";
import { LeftOut } from "./agency/left_out.tsx";

const EVERY_MS = 60_000;

/** The agencies that the reader may see, with their clocks and what is open. */
export function Agencies() {
  const { query } = route.value;
  const search = query.get("search") ?? undefined;
  const name = query.get("after");
  const id = query.get("id");
  const after = name !== null && id !== null ? { name, id } : undefined;
  const result = useQuestion({
    key: ["agencies", search ?? "", after ?? ""],
    read: (signal) => listAgencies({ search, after }, signal),
    every: EVERY_MS,
    keepPrevious: true,
  });
  return (
    <>
      <h1>Agencies</h1>
      <Search value={search ?? ""} />
      <Loaded result={result} what="the agencies">
        {(agencies) =>
          agencies.length === 0
            ? (
              <Empty title="No agency is found.">
                {search ? "Search for a part of the name, or for the id." : ""}
              </Empty>
            )
            : <List agencies={agencies} search={search} isFirst={!after} />}
      </Loaded>
    </>
  );
}

function Search({ value }: { readonly value: string }) {
  const [text, setText] = useState(value);
  return (
    <form
      class="filters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        go(["agencies"], { search: text.trim() });
      }}
    >
      <label class="field">
        <span>Name or id</span>
        <input
          type="search"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <button type="submit">
        <Icon name="search" /> Search
      </button>
    </form>
  );
}

function List(
  { agencies, search, isFirst }: {
    readonly agencies: readonly AgencyOverview[];
    readonly search: string | undefined;
    readonly isFirst: boolean;
  },
) {
  const shown = agencies.slice(0, PAGE);
  const last = agencies.length > PAGE ? shown.at(-1) : undefined;
  return (
    <>
      <AgingLegend />
      <div class="table-wrap" tabIndex={0} role="region" aria-label="Agencies">
        <table class="agencies stacked">
          <thead>
            <tr>
              <th scope="col">Agency</th>
              <th scope="col">Local time</th>
              <th scope="col">Cut-off</th>
              <th scope="col" class="number">Due soon</th>
              <th scope="col" class="number">Overdue</th>
              <th scope="col">Open amounts</th>
              <th scope="col">Last marked</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((agency) => (
              <Row
                key={agency.agencyId}
                agency={agency}
              />
            ))}
          </tbody>
        </table>
      </div>
      <nav class="paging" aria-label="Pages">
        {!isFirst && (
          <a class="button" href={href(["agencies"], { search })}>
            Back to the first
          </a>
        )}
        {last && (
          <a
            class="button"
            href={href(["agencies"], {
              search,
              after: last.name,
              id: last.agencyId,
            })}
          >
            Next <Icon name="chevron" />
          </a>
        )}
      </nav>
    </>
  );
}

function Row({ agency }: { readonly agency: AgencyOverview }) {
  const { agencyId, localTime, cutoffTime, nextCutoffAt } = agency;
  return (
    <tr>
      <th scope="row">
        <a href={href(["agencies", agencyId])}>
          <Name>{agency.name}</Name>
        </a>
        <LeftOut leftOut={agency.leftOut} />
      </th>
      <td data-label="Local time">
        {localTime?.slice(11, 16) ?? "unknown"}
        <span class="muted">{agency.timezone ?? "no valid zone"}</span>
      </td>
      <td data-label="Cut-off">
        {cutoffTime?.slice(0, 5)}
        {nextCutoffAt && (
          <span class="muted">
            <Ago at={nextCutoffAt} />
          </span>
        )}
      </td>
      <td class="number" data-label="Due soon">{number(agency.dueSoon)}</td>
      <td class="number" data-label="Overdue">{number(agency.overdue)}</td>
      <td data-label="Open amounts" class="whole">
        {agency.aging.length === 0
          ? <span class="muted">nothing is open</span>
          : agency.aging.map((aging) => (
            <AgingBar key={aging.currency} aging={aging} />
          ))}
      </td>
      <td data-label="Last marked">
        {agency.lastMarkedAt
          ? <Ago at={agency.lastMarkedAt} />
          : <span class="muted">never</span>}
      </td>
    </tr>
  );
}
