import { useRef } from "preact/hooks";
import { listRuns, type Page, type Run } from "../api/client.ts";
import { count, duration, inWords, number } from "../format/text.ts";
import { now } from "../state/clock.ts";
import { useQuestion } from "../state/query.ts";
import { href, route } from "../state/route.ts";
import { Badge } from "../ui/badge.tsx";
import { Icon } from "../ui/icon.tsx";
import { Empty, Loaded } from "../ui/states.tsx";
import { Name } from "../ui/text.tsx";
import { Ago, At } from "../ui/time.tsx";
import { Filters, type FilterValues, periodOf } from "./runs/filters.tsx";

const EVERY_MS = 10_000;
const EVERY_WHILE_RUNNING_MS = 2000;

/** What the jobs did, newest first. */
export function Runs() {
  const { query } = route.value;
  const text = (name: string) => query.get(name) ?? undefined;
  const filters: FilterValues = {
    job: text("job"),
    status: text("status"),
    trigger: text("trigger"),
    from: text("from"),
    to: text("to"),
  };
  const cursor = text("cursor");
  const result = useQuestion({
    key: ["runs", filters, cursor ?? ""],
    read: (signal) =>
      listRuns({
        jobName: filters.job,
        status: filters.status,
        trigger: filters.trigger,
        ...periodOf(filters),
        cursor,
      }, signal),
    every: (page) =>
      page?.data.some(({ status }) => status === "running")
        ? EVERY_WHILE_RUNNING_MS
        : EVERY_MS,
  });
  // The list stays while another page of runs is read.
  const names = useRef<readonly string[] | undefined>(undefined);
  const jobNames = result.data?.meta.jobNames ?? names.current;
  names.current = jobNames;
  return (
    <>
      <h1>Runs</h1>
      <Filters values={filters} jobNames={jobNames} />
      <Loaded result={result} what="the runs">
        {(page) => <List page={page} filters={filters} cursor={cursor} />}
      </Loaded>
    </>
  );
}

function List(
  { page: { data, meta }, filters, cursor }: {
    readonly page: Page;
    readonly filters: FilterValues;
    readonly cursor: string | undefined;
  },
) {
  if (data.length === 0) {
    return (
      <Empty title="No run matches.">
        {Object.values(filters).some(Boolean)
          ? "Take a filter away to see more."
          : "The first run appears here as soon as it starts."}
      </Empty>
    );
  }
  return (
    <>
      <div class="table-wrap" tabIndex={0} role="region" aria-label="Runs">
        <table class="rows stacked">
          <thead>
            <tr>
              <th scope="col">Started</th>
              <th scope="col">Job</th>
              <th scope="col">Status</th>
              <th scope="col">Started by</th>
              <th scope="col" class="number">Took</th>
              <th scope="col" class="number">Records changed</th>
              <th scope="col" class="number">Items</th>
              <th scope="col">Error</th>
            </tr>
          </thead>
          <tbody>{data.map((run) => <Row key={run.id} run={run} />)}</tbody>
        </table>
      </div>
      <nav class="paging" aria-label="Pages">
        {cursor !== undefined && (
          <a class="button" href={href(["runs"], { ...filters })}>
            Back to the newest
          </a>
        )}
        <span class="muted">{count(data.length, "run")} on this page</span>
        {meta.nextCursor !== null && (
          <a
            class="button"
            href={href(["runs"], { ...filters, cursor: meta.nextCursor })}
          >
            Older <Icon name="chevron" />
          </a>
        )}
      </nav>
    </>
  );
}

function Row({ run }: { readonly run: Run }) {
  const { id, jobName, startedAt, status, triggerSource, durationMs } = run;
  return (
    <tr>
      <td class="whole">
        <a href={href(["runs", id])}>
          <At at={startedAt} seconds />
        </a>
        <span class="muted">
          <Ago at={startedAt} />
        </span>
      </td>
      <td data-label="Job" class="whole">
        <Name>{jobName}</Name>
      </td>
      <td data-label="Status">
        <Badge state={stateOf(run)} />
      </td>
      <td data-label="Started by">
        {triggerSource === null ? "unknown" : inWords(triggerSource)}
      </td>
      <td class="number" data-label="Took">
        {durationMs !== null ? duration(durationMs) : (
          <>
            {duration(Math.max(0, now.value - Date.parse(startedAt)))} so far
          </>
        )}
      </td>
      <td class="number" data-label="Records changed">
        {number(run.recordsUpdated)}
      </td>
      <td class="number" data-label="Items">
        {run.itemsTotal !== null &&
          `${number(run.itemsProcessed ?? 0)} of ${number(run.itemsTotal)}`}
        {run.itemsFailed > 0 && (
          <span class="text-bad">{number(run.itemsFailed)} failed</span>
        )}
        {status === "running" && run.itemsTotal !== null && (
          <progress
            max={run.itemsTotal}
            value={run.itemsProcessed ?? 0}
            aria-label="Items done"
          />
        )}
      </td>
      <td class="wide clamp whole" data-label="Error">
        <bdi>{run.errorMessage ?? ""}</bdi>
      </td>
    </tr>
  );
}

/** @returns how a run ended, more exactly than its status says. */
export function stateOf({ status, metadata, errorMessage }: Run): string {
  if (status === "failed" && errorMessage?.startsWith("Run cancelled by")) {
    return "cancelled";
  }
  const continued = typeof metadata === "object" && metadata !== null &&
    "continued" in metadata && metadata.continued === true;
  return continued ? "continued" : status;
}
