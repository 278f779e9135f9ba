import { z } from "zod";
import { callChecked } from "../_shared/rpc/call.ts";
import type { CallRpc } from "../_shared/rpc/client.ts";
import { row } from "../_shared/rpc/row.ts";
import type { HealthQuery } from "./query.ts";
import {
  type LoggedIncident,
  loggedIncident,
  type RecentRun,
  recentRunsOfJob,
} from "./report.ts";

/** What went before, for those who look at the jobs. */
export interface History {
  /** By the name of the job; undefined when nobody has asked. */
  readonly recentRuns?: ReadonlyMap<string, RecentRun[]>;
  readonly incidentLog?: LoggedIncident[];
}

export const NO_HISTORY: History = {};

/**
 * Reads as much of the history as is wanted.
 *
 * @param withDetails off for a read key: without the errors of services.
 * @throws {RpcError} when the database does not answer as agreed.
 */
export async function readHistory(
  callRpc: CallRpc,
  wanted: Pick<HealthQuery, "recentRuns" | "incidentLog">,
  withDetails: boolean,
): Promise<History> {
  const [recentRuns, incidentLog] = await Promise.all([
    wanted.recentRuns && callChecked(
      callRpc,
      "list_recent_runs",
      { max_count: wanted.recentRuns },
      row(z.array(recentRunsOfJob)),
    ),
    wanted.incidentLog && callChecked(
      callRpc,
      "list_incidents",
      { max_count: wanted.incidentLog },
      row(z.array(loggedIncident)),
    ),
  ]);
  return {
    ...recentRuns && {
      recentRuns: new Map(
        recentRuns.map(({ jobName, runs }) => [jobName, runs]),
      ),
    },
    ...incidentLog && {
      incidentLog: withDetails ? incidentLog : incidentLog.map(withoutErrors),
    },
  };
}

function withoutErrors(incident: LoggedIncident): LoggedIncident {
  return {
    ...incident,
    alerts: incident.alerts.map((alert) => ({
      ...alert,
      deliveries: alert.deliveries.map((delivery) => ({
        ...delivery,
        lastError: null,
      })),
    })),
  };
}
