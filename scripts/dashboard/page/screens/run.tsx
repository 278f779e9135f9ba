import { ActionButton } from "../actions/button.tsx";
import { type Page, readRun, type Run as RunRow } from "../api/client.ts";
import { config } from "../api/config.ts";
import { runbooks } from "../api/runbooks.ts";
import { duration, inWords, number } from "../format/text.ts";
import { remedyOf } from "../format/remedy.ts";
import { now } from "../state/clock.ts";
import { useQuestion } from "../state/query.ts";
import { href } from "../state/route.ts";
import { Badge } from "../ui/badge.tsx";
import { Icon } from "../ui/icon.tsx";
import { Loaded } from "../ui/states.tsx";
import { Command, Copy, Fact, Name } from "../ui/text.tsx";
import { Ago, At, BothTimes } from "../ui/time.tsx";
import { FailedItems } from "./run/failed_items.tsx";
import { Results } from "./run/results.tsx";
import { Timeline } from "./run/timeline.tsx";
import { stateOf } from "./runs.tsx";

const EVERY_MS = 15_000;
const EVERY_WHILE_RUNNING_MS = 1000;

/** One run, from its tick to the delivery of its alerts. */
export function Run({ id }: { readonly id: string }) {
  const result = useQuestion({
    key: ["run", id],
    read: (signal) => readRun(id, signal),
    every: (page) =>
      page?.data[0]?.status === "running" ? EVERY_WHILE_RUNNING_MS : EVERY_MS,
  });
  return (
    <>
      <p class="crumbs">
        <a href={href(["runs"])}>Runs</a>
      </p>
      <Loaded result={result} what="the run">
        {(page) => <Report page={page} />}
      </Loaded>
    </>
  );
}

function Report({ page }: { readonly page: Page }) {
  const [run] = page.data;
  const { id, jobName, status } = run;
  return (
    <>
      <header class="run-head">
        <div>
          <h1>
            <Name>{jobName}</Name>
          </h1>
          <p class="run-id">
            <Badge state={stateOf(run)} />
            <code>{id}</code>
            <Copy text={id} label="Copy the run id" />
          </p>
        </div>
        <div class="buttons">
          {status === "running"
            ? (
              <ActionButton
                small={false}
                asked={{ action: "cancel", jobName, runId: id }}
              />
            )
            : (
              <ActionButton
                small={false}
                label="Run the job again"
                asked={{ action: "run", jobName }}
              />
            )}
          <Copy text={JSON.stringify(page, null, 2)} label="Copy as JSON" />
        </div>
      </header>
      {run.errorMessage !== null && <ErrorOf run={run} />}
      <Facts run={run} />
      <section aria-labelledby="timeline">
        <h2 id="timeline">Timeline</h2>
        <Timeline run={run} timeline={page.timeline} />
      </section>
      <FailedItems run={run} />
      <Results run={run} />
    </>
  );
}

function Facts({ run }: { readonly run: RunRow }) {
  const { startedAt, completedAt, durationMs, itemsTotal, triggerSource } = run;
  return (
    <dl class="facts card">
      <Fact name="Started">
        <Ago at={startedAt} /> <BothTimes at={startedAt} />
      </Fact>
      <Fact name="Ended">
        {completedAt ? <At at={completedAt} seconds /> : "it is still running"}
      </Fact>
      <Fact name="Took">
        {durationMs !== null
          ? duration(durationMs)
          : `${
            duration(Math.max(0, now.value - Date.parse(startedAt)))
          } so far`}
      </Fact>
      <Fact name="Started by">
        {triggerSource === null ? "unknown" : inWords(triggerSource)}
      </Fact>
      <Fact name="Records changed">{number(run.recordsUpdated)}</Fact>
      <Fact name="Items">
        {itemsTotal === null ? "none" : (
          <>
            {number(run.itemsProcessed ?? 0)} of {number(itemsTotal)}
            {run.itemsFailed > 0 && `, ${number(run.itemsFailed)} failed`}
            {run.status === "running" && (
              <progress
                max={itemsTotal}
                value={run.itemsProcessed ?? 0}
                aria-label="Items done"
              />
            )}
          </>
        )}
      </Fact>
    </dl>
  );
}

function ErrorOf({ run }: { readonly run: RunRow }) {
  const { errorMessage, jobName, status } = run;
  const remedy = remedyOf(
    { code: "run_failed", message: errorMessage ?? "", jobName },
    runbooks,
    config,
  );
  return (
    <section
      class={`notice tone-${status === "failed" ? "bad" : "warning"}`}
      aria-label="Error"
    >
      <Icon name="failed" />
      <div class="grow">
        <p class="message">
          <bdi>{errorMessage}</bdi>
        </p>
        {remedy.todo && (
          <p>
            <strong>Do:</strong> {remedy.todo}
          </p>
        )}
        {remedy.commands.length > 0 && (
          <details>
            <summary>
              {remedy.commands.length === 1 ? "The command" : "The commands"}
            </summary>
            {remedy.commands.map((text) => <Command key={text} text={text} />)}
          </details>
        )}
        <p>
          <a
            href={href(["runbooks", remedy.page], {
              section: remedy.section ?? undefined,
            })}
          >
            Runbook
          </a>
        </p>
      </div>
    </section>
  );
}
