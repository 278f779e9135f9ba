import type { Action } from "../api/client.ts";
import { href } from "../state/route.ts";
import { count } from "../format/text.ts";
import { Icon } from "../ui/icon.tsx";
import { Fact } from "../ui/text.tsx";
import { At } from "../ui/time.tsx";

/** What was done, as `jobs.actions` has it. */
export function Done(
  { action, close }: { readonly action: Action; readonly close: () => void },
) {
  return (
    <div role="status">
      <h2 id="dialog-title">
        <Icon name="ok" /> {action.changed ? "Done" : "It was so already"}
      </h2>
      <p class="muted">
        This is the row in <code>jobs.actions</code>:
      </p>
      <dl class="facts">
        <Fact name="Action">{action.action.replaceAll("_", " ")}</Fact>
        {action.jobName && <Fact name="Job">{action.jobName}</Fact>}
        {action.channel && <Fact name="Channel">{action.channel}</Fact>}
        {action.reason && (
          <Fact name="Reason">
            <bdi>{action.reason}</bdi>
          </Fact>
        )}
        <Fact name="Asked by">
          <bdi>{action.requestedBy}</bdi>
        </Fact>
        <Fact name="At">
          <At at={action.requestedAt} seconds />
        </Fact>
        {action.until && (
          <Fact name="Until">
            <At at={action.until} />
          </Fact>
        )}
        {action.action === "cancel" && (
          <Fact name="Run ended">
            {action.endedAt
              ? <At at={action.endedAt} seconds />
              : "not yet: the batch in hand is still at work"}
          </Fact>
        )}
        {[...action.channels ?? [], ...action.lastResort ?? []].map((
          { channel, status, problem },
          index,
        ) => (
          <Fact
            key={index}
            name={index < (action.channels?.length ?? 0)
              ? channel
              : `last resort, ${channel}`}
          >
            {status.replaceAll("_", " ")} <bdi>{problem}</bdi>
          </Fact>
        ))}
        {action.problems?.map((problem) => (
          <Fact key={problem} name="set wrongly">{problem}</Fact>
        ))}
        {action.retried !== undefined && (
          <Fact name="Deliveries">
            {count(action.retried, "waits", "wait")} again
          </Fact>
        )}
      </dl>
      <div class="buttons">
        {action.runId && (
          <a
            class="button ghost"
            href={href(["runs", action.runId])}
            onClick={close}
          >
            Open the run
          </a>
        )}
        <button type="button" class="primary" onClick={close} autofocus>
          Close
        </button>
      </div>
    </div>
  );
}
