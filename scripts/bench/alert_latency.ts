import {
  about,
  type AlertServices,
  type ChannelName,
  startAlertServices,
} from "../stand_ins/alert_services.ts";
import { insertFailure } from "../e2e/support/alerts.ts";
import { within } from "../e2e/support/events.ts";
import { startListener } from "../e2e/support/listener.ts";
import { stackUrls } from "../stack/stack.ts";
import type { BenchContext } from "./bench.ts";
import { type Finding, formatNumber, inMs } from "./finding.ts";
import { quantile } from "./statistics.ts";

const CHANNELS: readonly ChannelName[] = ["slack", "email"];
const WARM_UP = 5;
const TIMEOUT_MS = 30_000;

/**
 * How long a failed run takes to reach people while the listener runs: from
 * the moment at which the commit of its row is known here, to the moment at
 * which the service has the whole request. Both are read from one clock.
 */
export async function alertLatency(
  { sql, stack, scale, progress }: BenchContext,
): Promise<Finding[]> {
  await using services = await startAlertServices();
  await using _listener = await startListener({
    env: {
      ...services.environment,
      DATABASE_URL: stackUrls(stack.config).databaseUrl,
    },
  });
  const latency: Record<ChannelName, number[]> = { slack: [], email: [] };
  const inserting: number[] = [];

  progress.step(`alert latency: ${scale.failures} failures`);
  for (let failure = -WARM_UP; failure < scale.failures; failure++) {
    // A job of its own: a failure that goes on is reported only once.
    const job = `job-${crypto.randomUUID()}`;
    const begin = performance.now();
    const committedAt = await insertFailure(sql, job);
    const sent = await within(
      TIMEOUT_MS,
      `the alerts of ${job}`,
      services.delivered(about(job)),
    );
    if (failure < 0) continue;
    inserting.push(committedAt - begin);
    for (const channel of CHANNELS) {
      latency[channel].push(sent[channel].arrivedAt - committedAt);
    }
  }
  assertSentOnce(services, scale.failures + WARM_UP);

  const detail = `the insert itself took ${
    formatNumber(quantile(inserting, 0.5))
  } ms (p50)`;
  return CHANNELS.flatMap((channel) => {
    const times = latency[channel];
    const name = `alert latency: commit to request at ${channel}`;
    return [
      inMs(`${name}, p50`, quantile(times, 0.5), {
        wanted: { atMost: 20 },
        detail,
      }),
      inMs(`${name}, p99`, quantile(times, 0.99), { wanted: { atMost: 150 } }),
      inMs(`${name}, max`, Math.max(...times)),
    ];
  });
}

function assertSentOnce(
  { slack, resend }: AlertServices,
  failures: number,
): void {
  for (const { calls } of [slack, resend]) {
    const { length } = calls.entries;
    if (length === failures) continue;
    throw new Error(`${failures} failures led to ${length} messages.`);
  }
}
