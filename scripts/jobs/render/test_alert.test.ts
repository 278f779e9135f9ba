import { equal, match } from "node:assert/strict";
import type { Action } from "../api/answers.ts";
import { testAlert } from "../commands/test_alert.ts";
import { fakeContext } from "../testing/fake_context.ts";
import { memoryTerminal } from "../testing/memory_terminal.ts";
import { NOW } from "../testing/samples.ts";
import { formatTest, hasArrived } from "./test_alert.ts";

type Channels = NonNullable<Action["channels"]>;
type LastResort = NonNullable<Action["lastResort"]>;

const sent = (channel: string) =>
  ({ channel, status: "sent", problem: null }) as const;
const off = (channel: string, problem: string | null = null) =>
  ({ channel, status: "not_configured", problem }) as const;

function tested(
  channels: Channels,
  lastResort: LastResort = [sent("slack"), off("email")],
  problems: string[] = [],
): Action {
  return {
    action: "test_alert",
    jobName: null,
    runId: null,
    channel: null,
    reason: null,
    requestedBy: "job key",
    requestedAt: "2026-11-22T16:20:00Z",
    until: null,
    endedAt: null,
    changed: true,
    alertId: "5f0a3c1e-0a52-4a35-9c1d-3a8a1f0e7b11",
    channels,
    lastResort,
    problems,
  };
}

const { colours } = memoryTerminal();
const shown = (action: Action, width = 200) =>
  formatTest(action, { now: NOW, width, colours });

Deno.test("what has arrived is shown by channel, and that all is well", () => {
  const action = tested([off("email", "It is off."), sent("slack")]);
  equal(hasArrived(action), true);
  equal(
    shown(action),
    [
      "Alert channels",
      "email  not set up: It is off.",
      "slack  arrived",
      "",
      "Last resort (what the database sends itself)",
      "slack  arrived",
      "email  not set up",
      "",
      "The test has arrived wherever something is set up.",
    ].join("\n"),
  );
});

Deno.test("each failure has its reason and what to do, also in a narrow terminal", () => {
  const wrong = "WEBHOOK_SECRET is missing.";
  const action = tested([
    { channel: "email", status: "waiting", problem: "Resend answered 429." },
    { channel: "slack", status: "failed", problem: "Slack\u001b[31m said no." },
    { channel: "webhook", status: "misconfigured", problem: wrong },
    { channel: "pigeon", status: "unknown", problem: null },
    { channel: "later", status: "sent", problem: null },
  ], [
    { channel: "slack", status: "not_tried", problem: "It is at work." },
  ], [wrong, "ALERT_TIMEZONE is wrong."]);
  equal(hasArrived(action), false);
  const text = shown(action);
  match(
    text,
    /^email +waiting: Resend answered 429\. It is tried again by it/m,
  );
  match(text, /^slack +failed: Slack \[31m said no\. Correct the address/m);
  match(text, /^webhook +set up wrongly: WEBHOOK_SECRET is missing\. Correct/m);
  match(text, /^pigeon +unknown: Look into the log of job-control/m);
  match(text, /^slack +not tried: It is at work\. Repair the delivery/m);
  match(text, /Set wrongly\nALERT_TIMEZONE is wrong\.$/m);
  equal(text.split(wrong).length, 2, "a problem is shown twice");

  const longest = Math.max(
    ...shown(action, 60).split("\n").map((line) => line.length),
  );
  equal(longest <= 60, true, `${longest} characters`);
});

Deno.test("it says when nobody was reached, and when one of the two ways is missing", () => {
  const nobody = tested([off("slack", "It is off.")], [off("slack")]);
  equal(hasArrived(nobody), false);
  match(shown(nobody), /The test has reached nobody\. Set up a channel: docs/);
  match(
    shown(tested([off("slack")], [sent("slack")])),
    /No alert channel has sent the test\. Alerts reach people only through/,
  );
  match(
    shown(tested([sent("slack")], [off("slack"), off("email")])),
    /The last resort is not set up: when the functions fail, the database/,
  );
});

Deno.test("the command asks for the test, and its exit code says whether it arrived", async () => {
  const context = fakeContext({});
  // Nothing is known of what arrived.
  equal(await testAlert(context, { reason: "Why not?" }), 1);
  equal(
    JSON.stringify(context.state.asked),
    '[{"action":"test_alert","reason":"Why not?"}]',
  );
  match(context.terminal.output, /The test has reached nobody/);
});
