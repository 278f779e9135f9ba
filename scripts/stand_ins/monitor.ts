import { randomUUID } from "node:crypto";
import { refusal } from "./scenario.ts";
import { type Call, type StandIn, startStandIn } from "./stand_in.ts";

/** Stands in for a healthchecks-style monitor that waits for pings. */
export interface MonitorStandIn extends StandIn {
  /** The secret address of a check, for a job's `ping_url`. */
  readonly pingUrl: string;
}

const answer = (status: number) => ({ status, headers: {}, body: "OK" });

/** The monitor does not know the check. */
export const unknownCheck = refusal("not_found", answer(404));

/** Starts a server that takes pings for one check. */
export async function startMonitor(): Promise<MonitorStandIn> {
  const path = `/ping/${randomUUID()}`;
  const standIn = await startStandIn<Call>((request, planned) => {
    const isPing = request.method === "GET" && request.path === path;
    const fault = isPing ? planned(path) : unknownCheck;
    return {
      call: {
        message: path,
        text: request.body,
        delivered: fault?.accepts ?? true,
      },
      fault,
      usual: answer(200),
    };
  });
  return { ...standIn, pingUrl: standIn.origin + path };
}
