import type { Run, Timeline as Around } from "../../api/client.ts";
import { count, duration, inWords } from "../../format/text.ts";
import { Icon, type IconName } from "../../ui/icon.tsx";
import { At } from "../../ui/time.tsx";

interface Event {
  readonly at: string;
  readonly icon: IconName;
  readonly title: string;
  readonly detail?: string;
  readonly tone?: string;
}

/** What happened, in the order of time. */
export function Timeline(
  { run, timeline }: {
    readonly run: Run;
    readonly timeline: Around | undefined;
  },
) {
  const begin = Date.parse(run.startedAt);
  return (
    <ol class="timeline">
      {eventsOf(run, timeline).map((event, index) => (
        <li key={index} class={event.tone ? `tone-${event.tone}` : ""}>
          <Icon name={event.icon} />
          <div>
            <p>
              <strong>{event.title}</strong>{" "}
              <span class="muted">
                <At at={event.at} seconds />
                {Date.parse(event.at) > begin &&
                  `, ${duration(Date.parse(event.at) - begin)} after the start`}
              </span>
            </p>
            {event.detail && (
              <p class="message">
                <bdi>{event.detail}</bdi>
              </p>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}

interface Attempt {
  readonly attempt?: number;
  readonly code?: string;
  readonly message?: string;
  readonly at?: string;
}

/** @returns the events of a run, oldest first. */
export function eventsOf(run: Run, timeline: Around | undefined): Event[] {
  const facts = typeof run.metadata === "object" && run.metadata !== null
    ? run.metadata as { attempts?: number; attempt_errors?: Attempt[] }
    : {};
  const events: Event[] = [
    {
      at: run.startedAt,
      icon: "play",
      title: `Started by ${startOf(run.triggerSource)}`,
    },
    ...(facts.attempt_errors ?? []).flatMap((failed): Event[] =>
      failed.at === undefined ? [] : [{
        at: failed.at,
        icon: "again",
        tone: "warning",
        title: `Attempt ${failed.attempt ?? "?"} failed (${
          failed.code ?? "no code"
        })`,
        detail: failed.message,
      }]
    ),
    ...(timeline?.actions ?? []).map((action): Event => ({
      at: action.requestedAt,
      icon: action.action === "cancel" ? "ban" : "play",
      title: action.action === "cancel"
        ? `Cancelled by ${action.requestedBy}`
        : `Run by hand by ${action.requestedBy}`,
      detail: action.reason ?? undefined,
    })),
    ...run.completedAt === null
      ? []
      : [endOf(run, run.completedAt, facts.attempts)],
    ...(timeline?.alerts ?? []).flatMap((alert): Event[] => [
      {
        at: alert.raisedAt,
        icon: "siren",
        title: `Alert raised: ${inWords(alert.kind)}${
          alert.reminder > 0 ? `, reminder ${alert.reminder}` : ""
        }`,
        detail: alert.deliveries.length === 0
          ? "No channel carries it."
          : undefined,
      },
      ...alert.deliveries.map((delivery): Event => ({
        at: delivery.finishedAt ?? delivery.queuedAt,
        icon: delivery.status === "sent"
          ? "check"
          : delivery.status === "pending"
          ? "clock"
          : "failed",
        tone:
          { sent: "good", pending: "busy", given_up: "bad" }[delivery.status],
        title: {
          sent: `Delivered to ${delivery.channel}`,
          pending: `Waits for ${delivery.channel} (${
            count(delivery.attempts, "attempt")
          } so far)`,
          given_up: `Given up for ${delivery.channel} after ${
            count(delivery.attempts, "attempt")
          }`,
        }[delivery.status],
        detail: delivery.status === "sent"
          ? undefined
          : delivery.lastError ?? undefined,
      })),
    ]),
  ];
  return events.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

const STARTS: Readonly<Record<string, string>> = {
  cron: "its schedule",
  manual: "hand",
  catch_up: "the supervisor, to catch up",
  due: "the supervisor, at a cut-off",
};

function startOf(source: string | null): string {
  return source === null
    ? "an unknown source"
    : STARTS[source] ?? inWords(source);
}

function endOf(run: Run, at: string, attempts: number | undefined): Event {
  const tries = attempts !== undefined && attempts > 1
    ? `, after ${count(attempts, "attempt")}`
    : "";
  return run.status === "success"
    ? { at, icon: "ok", tone: "good", title: `Ended: success${tries}` }
    : { at, icon: "failed", tone: "bad", title: `Ended: failed${tries}` };
}
