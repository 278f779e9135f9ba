import type { ControlRequest } from "../../../supabase/functions/job-control/request.ts";
import type { Health, Run } from "../api/answers.ts";
import type { JobsClient, TriggerOutcome } from "../api/client.ts";
import { sampleHealth } from "./samples.ts";

/** What a project has, for tests that need no network. */
export interface FakeProjectState {
  health?: Health;
  /** Newest first. */
  runs?: Run[];
  /** What becomes of a trigger. */
  trigger?: (runId: string) => TriggerOutcome | Promise<TriggerOutcome>;
  /** What has been asked of it. */
  asked?: ControlRequest[];
}

/** A client of a project in memory, which a test may change as it goes. */
export function fakeClient(state: FakeProjectState): JobsClient {
  const runs = () => state.runs ?? [];
  return {
    name: "https://project.example",
    health: () => Promise.resolve(state.health ?? sampleHealth()),
    listRuns({ jobName, status, limit, cursor }) {
      const matching = runs().filter((run) =>
        (jobName === undefined || run.jobName === jobName) &&
        (status === undefined || run.status === status)
      );
      const begin = Number(cursor ?? 0);
      const end = begin + limit;
      const data = matching.slice(begin, end);
      const nextCursor = end < matching.length ? String(end) : null;
      return Promise.resolve({
        data,
        meta: { count: data.length, limit, nextCursor },
      });
    },
    findRun(id) {
      const data = runs().filter((run) => run.id === id);
      return Promise.resolve(
        data.length === 0
          ? null
          : { data, meta: { count: 1, limit: 1, nextCursor: null } },
      );
    },
    control(request) {
      (state.asked ??= []).push(request);
      return Promise.resolve({
        action: request.action,
        jobName: "jobName" in request ? request.jobName ?? null : null,
        runId: "runId" in request ? request.runId : null,
        channel: null,
        reason: request.reason ?? null,
        requestedBy: "job key",
        requestedAt: "2026-11-22T16:20:00Z",
        until: "until" in request ? request.until ?? null : null,
        endedAt: null,
        changed: true,
      });
    },
    trigger: ({ runId }) =>
      Promise.resolve(
        state.trigger?.(runId) ?? { kind: "answered", problem: null },
      ),
  };
}
