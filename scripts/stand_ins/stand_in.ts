import { Journal } from "./journal.ts";
import {
  type Answer,
  type ServiceRequest,
  startLocalService,
} from "./local_service.ts";
import { Director, type Fault, replyTo, type Scenario } from "./scenario.ts";

/** One call of a service that delivers messages to people. */
export interface Call {
  /** When it had arrived: `performance.now()` of this process. */
  readonly arrivedAt: number;
  /** Identifies the message: its repetitions have the same. */
  readonly message: string;
  /** All that a person can read in it; empty when there is nothing to read. */
  readonly text: string;
  /** Whether people got the message because of this call. */
  readonly delivered: boolean;
  /** What went wrong, by its name; `null` for nothing. */
  readonly fault: string | null;
}

/** Stands in for a service that delivers messages to people. */
export interface StandIn<C extends Call = Call> extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string;
  /** Every call, in order of arrival. */
  readonly calls: Journal<C>;
  /** Says what goes wrong from the next call on; at first, nothing does. */
  follow(scenario: Scenario): void;
}

/** What a service makes of one request. */
export interface Taken<C extends Call> {
  readonly call: Omit<C, "arrivedAt" | "fault">;
  readonly fault: Fault | null;
  /** The answer when nothing is wrong. */
  readonly usual: Answer;
}

/**
 * Starts a stand-in.
 *
 * @param take is given what the scenario says of a message, to be asked once
 *   for each request that the service itself does not refuse.
 */
export async function startStandIn<C extends Call>(
  take: (
    request: ServiceRequest,
    planned: (message: string) => Fault | null,
  ) => Taken<C>,
): Promise<StandIn<C>> {
  const calls = new Journal<C>();
  const director = new Director();
  const service = await startLocalService((request) => {
    const { call, fault, usual } = take(
      request,
      (message) => director.next(message),
    );
    const { arrivedAt } = request;
    calls.add({ ...call, arrivedAt, fault: fault?.name ?? null } as C);
    return replyTo(fault, usual);
  });
  return {
    ...service,
    calls,
    follow: (scenario) => director.follow(scenario),
  };
}
