import assert from "node:assert/strict";
import { configureChannels } from "../_shared/alerts/channels.ts";
import { createLogger } from "../_shared/logger.ts";
import type { CallRpc } from "../_shared/rpc/client.ts";
import { startService } from "../_shared/testing/service.ts";
import type { Action } from "./action.ts";
import { followTest } from "./test-alert.ts";

const ALERT_ID = "5f0a3c1e-0a52-4a35-9c1d-3a8a1f0e7b11";

const tested: Action = {
  action: "test_alert",
  jobName: null,
  runId: null,
  channel: null,
  reason: null,
  requestedBy: "job key",
  requestedAt: "2026-11-22T07:00:00Z",
  until: null,
  endedAt: null,
  changed: true,
  alertId: ALERT_ID,
  lastResort: [],
  problems: ["One is there already."],
};

interface Row {
  channel: string;
  status: "pending" | "sent" | "given_up";
  attempts: number;
  error: string | null;
  paused_until: string | null;
}

/**
 * The database's side: one test alert, on its way to some channels, and after
 * the first look to another one.
 */
function outboxWith(rows: Row[], announcedLater: Row[]) {
  let looks = 0;
  const ok = (data: unknown) =>
    Promise.resolve({ status: 200, data, error: null });
  const callRpc: CallRpc = (name, args) => {
    const given = args as Record<string, unknown>;
    switch (name) {
      case "claim_job_alerts": {
        const [{ name: channel }] = given.channels as { name: string }[];
        const row = rows.find((each) =>
          each.channel === channel && each.status === "pending" &&
          each.attempts === 0
        );
        if (row === undefined) return ok([]);
        row.attempts += 1;
        return ok([{
          channel,
          lease: "1ea5e000-0000-4000-8000-000000000001",
          leased_until: "2026-11-22T07:00:30Z",
          attempt: 1,
          alert_id: ALERT_ID,
          kind: "test",
          job_name: "duewatch-test",
          run_id: null,
          raised_at: "2026-11-22T07:00:00Z",
          reminder: 0,
          details: { requested_by: "job key", reason: null },
        }]);
      }
      case "complete_job_alert": {
        const row = rows.find(({ channel }) => channel === given.channel);
        assert(row);
        if (given.outcome === "sent") row.status = "sent";
        if (given.outcome === "given_up") row.status = "given_up";
        row.error = given.error as string ?? null;
        return ok({ status: row.status, next_attempt_at: null });
      }
      case "get_alert_deliveries":
        assert.deepEqual(given, { alert_id: ALERT_ID });
        looks += 1;
        return ok(
          rows.splice(0, rows.length, ...rows, ...announcedLater.splice(0))
            .map((row) => ({ ...row, finished_at: null })),
        );
      default:
        throw new Error(`unexpected: ${name}`);
    }
  };
  return { callRpc, looks: () => looks };
}

const waits = (channel: string, changes: Partial<Row> = {}): Row => ({
  channel,
  status: "pending",
  attempts: 0,
  error: null,
  paused_until: null,
  ...changes,
});

const follow = (
  rows: Row[],
  environment: Record<string, string>,
  waitMs = 5000,
  announcedLater: Row[] = [],
) => {
  const { callRpc, looks } = outboxWith(rows, announcedLater);
  const work = followTest(tested, {
    channels: configureChannels(environment),
    callRpc,
    log: createLogger(() => {}),
    keepAlive: () => {},
    waitMs,
  });
  return { work, looks };
};

Deno.test("a test is delivered, and each channel is named with its outcome", async () => {
  await using slack = startService(() => new Response("ok"));
  const { work, looks } = follow([waits("slack")], {
    SLACK_WEBHOOK_URL: `${slack.origin}/services/x`,
    WEBHOOK_URL: "https://example.com/hook",
    ALERT_TIMEZONE: "Nowhere/Land",
  });
  const { channels, problems } = await work;
  assert.equal(slack.received.length, 1);
  assert.equal(looks(), 1);
  const half = "The webhook channel is half configured. Still to be set: " +
    "WEBHOOK_SECRET.";
  assert.deepEqual(channels, [
    {
      channel: "email",
      status: "not_configured",
      problem: "RESEND_API_KEY, ALERT_EMAIL_FROM, ALERT_EMAIL_TO are not set.",
    },
    { channel: "slack", status: "sent", problem: null },
    { channel: "webhook", status: "misconfigured", problem: half },
  ]);
  assert.deepEqual(problems, [
    "One is there already.",
    "Messages give times in UTC only. ALERT_TIMEZONE: must be the name of a " +
    "time zone, such as Australia/Brisbane.",
    half,
  ]);
});

Deno.test("a channel that is announced late gets the test too", async () => {
  await using slack = startService(() => new Response("ok"));
  const { work, looks } = follow(
    [],
    { SLACK_WEBHOOK_URL: `${slack.origin}/services/x` },
    5000,
    [waits("slack")],
  );
  const { channels } = await work;
  assert.equal(looks(), 2);
  assert.deepEqual(channels?.find(({ channel }) => channel === "slack"), {
    channel: "slack",
    status: "sent",
    problem: null,
  });
});

Deno.test("a refusal is a failure with the words of the service", async () => {
  await using slack = startService(() =>
    new Response("no_service", { status: 404 })
  );
  const { channels } = await follow([waits("slack")], {
    SLACK_WEBHOOK_URL: `${slack.origin}/services/x`,
  }).work;
  assert.deepEqual(channels?.find(({ channel }) => channel === "slack"), {
    channel: "slack",
    status: "failed",
    problem: "Slack answered 404: no_service",
  });
});

Deno.test("what another process is sending is waited for, until the time is up", async () => {
  const environment = { SLACK_WEBHOOK_URL: "https://hooks.example.com/x" };
  const held = waits("slack", { attempts: 1 });
  const soon = follow([held], environment);
  held.status = "sent";
  assert.equal((await soon.work).channels?.[1].status, "sent");

  const busy = waits("slack", {
    attempts: 1,
    paused_until: "2026-11-22T08:00:00Z",
  });
  const { channels } = await follow([busy], environment, 50).work;
  assert.deepEqual(channels?.[1], {
    channel: "slack",
    status: "waiting",
    problem: "The service accepts no message until 2026-11-22T08:00:00Z.",
  });
});

Deno.test("a channel of another process counts when it has sent, and one that got nothing is unknown", async () => {
  const { channels } = await follow(
    [waits("webhook", { status: "sent" })],
    { SLACK_WEBHOOK_URL: "https://hooks.example.com/x" },
    50,
  ).work;
  assert.deepEqual(channels?.map(({ channel, status }) => [channel, status]), [
    ["email", "not_configured"],
    ["slack", "unknown"],
    ["webhook", "sent"],
  ]);
});
