import { ActionButton } from "../../actions/button.tsx";
import type { HealthReport } from "../../api/client.ts";
import { runbooks } from "../../api/runbooks.ts";
import type { ProblemOfJob } from "../../format/problems.ts";
import { remedyOf } from "../../format/remedy.ts";
import { href } from "../../state/route.ts";
import { Badge } from "../../ui/badge.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Command, Name } from "../../ui/text.tsx";
import { Ago } from "../../ui/time.tsx";

// The kinds of incidents that are alerted for a reason.
const KINDS: Readonly<Record<string, string>> = {
  last_run_failed: "run_failed",
  run_missed: "run_missed",
  item_failing: "item_failing",
};

/** Something that is wrong, whom it affects, and what to do about it. */
export function ProblemCard(
  { problem, health }: {
    readonly problem: ProblemOfJob;
    readonly health: HealthReport;
  },
) {
  const { code, message, severity, jobName } = problem;
  const remedy = remedyOf({ code, message, jobName }, runbooks);
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
      <p class="message">
        <bdi>{message}</bdi>
      </p>
      {remedy.todo && (
        <p>
          <strong>Affected:</strong> {remedy.affected} <strong>Do:</strong>{" "}
          {outOfContext(remedy.todo)}
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

const RUN_HELPS = [
  "last_run_failed",
  "run_missed",
  "catch_up_given_up",
  "never_ran",
  "item_failing",
];

function Actions(
  { problem: { code, jobName, job } }: { readonly problem: ProblemOfJob },
) {
  if (code === "alerts_undelivered") {
    return <ActionButton asked={{ action: "retry_alerts" }} />;
  }
  if (jobName === null || job === null || !job.registered) return null;
  const running = job.lastRun?.status === "running" ? job.lastRun : null;
  return (
    <>
      {running !== null && (
        <ActionButton
          asked={{ action: "cancel", jobName, runId: running.id }}
        />
      )}
      {running === null && RUN_HELPS.includes(code) && (
        <ActionButton asked={{ action: "run", jobName }} />
      )}
      {code === "schedule_inactive" && (
        <ActionButton asked={{ action: "resume", jobName }} />
      )}
      {job.snoozed === null && (
        <ActionButton asked={{ action: "snooze", jobName }} />
      )}
    </>
  );
}

/** @returns what a runbook says to do, for those who do not have it before them. */
function outOfContext(todo: string): string {
  return todo
    .replace(/\s*\(steps? [^)]*\)/g, "")
    .replace(/in the (table|list) below/g, "in the runbook")
    .replace(/the (table|list) below/g, "the runbook");
}
