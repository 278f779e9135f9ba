import { ActionButton } from "../actions/button.tsx";
import type { LoggedIncident } from "../api/client.ts";
import { runbooks } from "../api/runbooks.ts";
import { duration, inWords, times } from "../format/text.ts";
import { href } from "../state/route.ts";
import { Badge } from "../ui/badge.tsx";
import { Icon } from "../ui/icon.tsx";
import { Empty, Loaded } from "../ui/states.tsx";
import { Name } from "../ui/text.tsx";
import { Ago, At } from "../ui/time.tsx";
import { useHealth } from "./today.tsx";

/** Problems that were reported: open ones, then the latest that are over. */
export function Incidents({ id }: { readonly id: string | undefined }) {
  return (
    <>
      <h1>Incidents</h1>
      <Loaded result={useHealth()} what="the incidents">
        {({ incidentLog = [] }) => {
          const open = incidentLog.filter(({ closedAt }) => closedAt === null);
          const over = incidentLog.filter(({ closedAt }) => closedAt !== null);
          return (
            <>
              <List title="Open" incidents={open} chosen={id}>
                No incident is open.
              </List>
              <List title="Over" incidents={over} chosen={id}>
                No incident has ended yet.
              </List>
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function List(
  { title, incidents, chosen, children }: {
    readonly title: string;
    readonly incidents: readonly LoggedIncident[];
    readonly chosen: string | undefined;
    readonly children: string;
  },
) {
  return (
    <section aria-labelledby={`incidents-${title}`}>
      <h2 id={`incidents-${title}`}>{title} ({incidents.length})</h2>
      {incidents.length === 0
        ? <Empty title={children} />
        : (
          <ol class="problems">
            {incidents.map((incident) => (
              <Incident
                key={incident.id}
                incident={incident}
                isChosen={incident.id === chosen}
              />
            ))}
          </ol>
        )}
    </section>
  );
}

function Incident(
  { incident, isChosen }: {
    readonly incident: LoggedIncident;
    readonly isChosen: boolean;
  },
) {
  const { id, jobName, kind, openedAt, closedAt, occurrences, alerts } =
    incident;
  const isOpen = closedAt === null;
  const page = kind.replaceAll("_", "-");
  return (
    <li
      class={`card problem ${isOpen ? "tone-bad" : "tone-quiet"} ${
        isChosen ? "chosen" : ""
      }`}
      id={id}
      ref={(element) => {
        if (isChosen) element?.scrollIntoView({ block: "center" });
      }}
    >
      <div class="problem-head">
        <Badge state={isOpen ? "open" : "over"} />
        <strong>{inWords(kind)}</strong>
        <Name>{jobName === "duewatch" ? "All jobs" : jobName}</Name>
      </div>
      <p>
        {isOpen
          ? (
            <>
              Since <At at={openedAt} /> (<Ago at={openedAt} />)
            </>
          )
          : (
            <>
              From <At at={openedAt} /> to <At at={closedAt} />, for{" "}
              {duration(Date.parse(closedAt) - Date.parse(openedAt))}
            </>
          )}
        . Observed {times(occurrences)}, last <Ago at={incident.lastSeenAt} />.
        {" "}
        {alerts.length === 0
          ? "Its alerts are no longer kept."
          : `Alerted ${times(alerts.length)}.`}
      </p>
      {alerts.length > 0 && (
        <details open={isChosen || isOpen && alerts.length <= 3}>
          <summary>Whom it was reported to</summary>
          <ul class="alerts">
            {alerts.map((alert) => <Alert key={alert.id} alert={alert} />)}
          </ul>
        </details>
      )}
      <div class="buttons">
        {isOpen && jobName !== "duewatch" && (
          <ActionButton asked={{ action: "snooze", jobName }} />
        )}
        {alerts.some(({ deliveries }) =>
          deliveries.some(({ status }) => status === "given_up")
        ) && <ActionButton asked={{ action: "retry_alerts" }} />}
        {page in runbooks && (
          <a class="button small ghost" href={href(["runbooks", page])}>
            <Icon name="file" /> Runbook
          </a>
        )}
        <a class="muted" href={href(["incidents", id])}>
          Link to this incident
        </a>
      </div>
    </li>
  );
}

function Alert(
  { alert }: { readonly alert: LoggedIncident["alerts"][number] },
) {
  return (
    <li>
      {alert.reminder > 0 ? `Reminder ${alert.reminder}` : inWords(alert.kind)},
      {" "}
      <At at={alert.raisedAt} seconds />
      {alert.runId && (
        <>
          {" "}
          (<a href={href(["runs", alert.runId])}>the run</a>)
        </>
      )}
      {alert.deliveries.length === 0 && <Badge state="no_channel" />}
      {alert.deliveries.map((delivery) => (
        <span key={delivery.channel} class="delivery">
          {delivery.channel} <Badge state={delivery.status} />
          {delivery.finishedAt && <Ago at={delivery.finishedAt} />}
          {delivery.status !== "sent" && delivery.lastError && (
            <bdi class="muted">{delivery.lastError}</bdi>
          )}
        </span>
      ))}
    </li>
  );
}
