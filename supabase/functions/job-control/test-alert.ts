import { z } from "zod";
import { createDeliverer, type Deliverer } from "../_shared/alerts/deliver.ts";
import type { ChannelsInUse } from "../_shared/alerts/registry.ts";
import { createRpcOutbox } from "../_shared/alerts/rpc-outbox.ts";
import type { Logger } from "../_shared/logger.ts";
import { pause } from "../_shared/pause.ts";
import { callChecked } from "../_shared/rpc/call.ts";
import type { CallRpc } from "../_shared/rpc/client.ts";
import { row } from "../_shared/rpc/row.ts";
import { TimeLimit } from "../_shared/time-limit.ts";
import type { Action, ChannelTest } from "./action.ts";

/** What following a test takes. */
export interface TestDeps {
  readonly channels: ChannelsInUse;
  readonly callRpc: CallRpc;
  readonly log: Logger;
  readonly keepAlive: (work: Promise<unknown>) => void;
  /** How long to wait for the channels. Default: 20 seconds. */
  readonly waitMs?: number;
}

const WAIT_MS = 20_000;

// Another process may be sending it, and nothing tells this one.
const LOOK_AGAIN_MS = 1000;

const delivery = z.object({
  channel: z.string(),
  status: z.enum(["pending", "sent", "given_up"]),
  attempts: z.number(),
  error: z.string().nullable(),
  pausedUntil: z.string().nullable(),
});
const deliveries = row(z.array(delivery));

type Delivery = z.output<typeof delivery>;

/**
 * Delivers a test alert that was raised, and waits until each channel has sent
 * it or refused it, or the time is up.
 *
 * @returns the action, with what became of the test on each channel.
 */
export async function followTest(
  tested: Action,
  { channels, callRpc, log, keepAlive, waitMs = WAIT_MS }: TestDeps,
): Promise<Action> {
  using limit = new TimeLimit(waitMs);
  const { signal } = limit;
  const deliverer = createDeliverer({
    outbox: createRpcOutbox(callRpc, log),
    channels: channels.on,
    log,
    signal,
    retriesItself: false,
  });
  const read = () =>
    callChecked(
      callRpc,
      "get_alert_deliveries",
      { alert_id: tested.alertId ?? "" },
      deliveries,
    );

  let found: Delivery[];
  while (true) {
    await deliver(deliverer, { signal, keepAlive });
    found = await read();
    // While a transaction raises an alert, a channel that is new is announced
    // with a later claim.
    const isOver = found.every(({ status }) => status !== "pending") &&
      channels.on.every(({ name }) =>
        found.some((each) => each.channel === name)
      );
    if (isOver || signal.aborted) break;
    await pause(LOOK_AGAIN_MS, signal);
  }
  return {
    ...tested,
    channels: channelTests(channels, found),
    problems: [...tested.problems ?? [], ...channels.problems],
  };
}

async function deliver(
  deliverer: Deliverer,
  { signal, keepAlive }: {
    readonly signal: AbortSignal;
    readonly keepAlive: (work: Promise<unknown>) => void;
  },
): Promise<void> {
  deliverer.wake();
  const work = deliverer.settled();
  keepAlive(work);
  await Promise.race([work, aborted(signal)]);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function channelTests(
  { on, off, problems }: ChannelsInUse,
  found: readonly Delivery[],
): ChannelTest[] {
  const byName = new Map(found.map((each) => [each.channel, each]));
  const isOn = new Set(on.map(({ name }) => name));
  const reasons = new Map(off.map(({ name, reason }) => [name, reason]));
  const names = new Set([...isOn, ...reasons.keys(), ...byName.keys()]);
  return [...names].sort().map((name): ChannelTest => {
    const delivered = byName.get(name);
    const reason = reasons.get(name) ?? null;
    // Another process may have the channel.
    if (delivered !== undefined && (isOn.has(name) || isSent(delivered))) {
      return outcomeOf(name, delivered);
    }
    if (reason === null) {
      return {
        channel: name,
        status: "unknown",
        problem: "The channel did not get the test: see the function's log.",
      };
    }
    const isWrong = problems.includes(reason);
    return {
      channel: name,
      status: isWrong ? "misconfigured" : "not_configured",
      problem: reason,
    };
  });
}

function isSent({ status }: Delivery): boolean {
  return status === "sent";
}

function outcomeOf(
  channel: string,
  { status, attempts, error, pausedUntil }: Delivery,
): ChannelTest {
  switch (status) {
    case "sent":
      return { channel, status: "sent", problem: null };
    case "given_up":
      return { channel, status: "failed", problem: error };
    case "pending":
      return {
        channel,
        status: "waiting",
        problem: error ??
          (pausedUntil !== null
            ? `The service accepts no message until ${pausedUntil}.`
            : attempts === 0
            ? "It was not tried yet."
            : "There is no answer yet."),
      };
  }
}
