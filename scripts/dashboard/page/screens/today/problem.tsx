import type { HealthReport, JobReport } from "../../api/client.ts";
import { config } from "../../api/config.ts";
import { runbooks } from "../../api/runbooks.ts";
import type { ProblemOfJob } from "../../format/problems.ts";
import { MAIN_JOB, remedyOf } from "../../format/remedy.ts";
import { count } from "../../format/text.ts";
import { href } from "../../state/route.ts";
import { Badge } from "../../ui/badge.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Command, Name } from "../../ui/text.tsx";
import { Ago, At } from "../../ui/time.tsx";
import { Actions, isRepairedByButton } from "./actions.tsx";

// The kinds of incidents that are alerted for a reason.
const KINDS: Readonly<Record<string, string>> = {
  last_run_failed: "run_failed",
  run_missed: "run_missed",
  item_failing: "item_failing",
};

/** Something that is wrong, whom it affects, and what to do about it. */
export function ProblemCard(
  { problem, health, isFirst }: {
    readonly problem: ProblemOfJob;
    readonly health: HealthReport;
    /** The one to begin with: its commands are shown at once. */
    readonly isFirst: boolean;
  },
) {
  const { code, message, severity, jobName, job } = problem;
  const remedy = remedyOf({ code, message, jobName }, runbooks, config);
  const commands = isRepairedByButton(problem) ? [] : remedy.commands;
  const incident = health.incidents.find((open) =>
    open.jobName === (jobName ?? "duewatch") &&
    open.kind === (KINDS[code] ?? "job_unhealthy")
  );
  const logged = incident &&
    health.incidentLog?.find((one) =>
      one.closedAt === null && one.jobName === incident.jobName &&
      one.kind === incident.kind
    );
  return (
    <li
      class={`card problem tone-${severity === "critical" ? "bad" : "warning"}`}
    >
      <div class="problem-head">
        <Badge state={severity} />
        <strong>
          <Name>{jobName ?? "All jobs"}</Name>
        </strong>
        <code class="muted">{code}</code>
      </div>
      <Message text={message} />
      {job && (code === "item_failing" || /items failed/.test(message)) && (
        <FailingItems job={job} />
      )}
      {remedy.todo && (
        <p>
          <strong>Affected:</strong> {remedy.affected} <strong>Do:</strong>{" "}
          {remedy.todo}
        </p>
      )}
      {commands.length > 0 && (
        <details open={isFirst && !commands.some(hasGaps)}>
          <summary>
            {commands.length === 1 ? "The command" : "The commands"}
          </summary>
          {commands.map((text) => <Command key={text} text={text} />)}
        </details>
      )}
      {job?.snoozed && (
        <p class="muted">
          <Icon name="bell-off" /> Nobody is alerted until{" "}
          <At at={job.snoozed.until ?? ""} />: snoozed by{" "}
          <bdi>{job.snoozed.requestedBy}</bdi>.
        </p>
      )}
      <div class="buttons">
        <Actions problem={problem} />
        {remedy.page in runbooks && (
          <a
            class="button small ghost"
            href={href(["runbooks", remedy.page], {
              section: remedy.section ?? undefined,
            })}
          >
            <Icon name="file" /> Runbook
          </a>
        )}
        {incident && (
          <a
            class="muted"
            href={logged ? href(["incidents", logged.id]) : href(["incidents"])}
          >
            Incident since <Ago at={incident.openedAt} />
            {incident.lastAlert &&
              `, alert ${incident.lastAlert.status.replace("_", " ")}`}
          </a>
        )}
      </div>
    </li>
  );
}

// Something has to be filled in first: `<pid>`.
function hasGaps(command: string): boolean {
  return /<[a-z][^>]*>/.test(command);
}

// An answer that a message quotes is for those who look closer.
function Message({ text }: { readonly text: string }) {
  const [said, answer] = text.split(/ The answer began: /, 2);
  return (
    <>
      <p class="message">
        <bdi>{said}</bdi>
      </p>
      {answer && (
        <details>
          <summary>What it answered</summary>
          <pre class="message"><code><bdi>{answer}</bdi></code></pre>
        </details>
      )}
    </>
  );
}

// The items of the main job are agencies.
function FailingItems({ job }: { readonly job: JobReport }) {
  return (
    <ul>
      {job.failingItems.map(({ id, name, error, failures }) => (
        <li key={id}>
          {job.jobName === MAIN_JOB
            ? (
              <a href={href(["agencies", id])}>
                <Name>{name ?? id}</Name>
              </a>
            )
            : <Name>{name ?? id}</Name>}
          , {count(failures, "run")} in a row:{" "}
          <bdi>{error ?? "no message"}</bdi>
        </li>
      ))}
    </ul>
  );
}
