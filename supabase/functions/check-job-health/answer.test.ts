import assert from "node:assert/strict";
import { reportChannels } from "./answer.ts";
import type { ChannelHealth } from "./report.ts";

const slack = { name: "slack", kinds: [], send: () => assert.fail("sent") };

const facts = {
  announcedAt: "2026-03-10T07:00:00Z",
  pausedUntil: "2026-03-10T07:05:00Z",
  pending: 2,
  oldestPendingAt: "2026-03-10T06:00:00Z",
  givenUp24h: 1,
  lastError: "no_service",
  lastSentAt: "2026-03-10T05:00:00Z",
};

const announced: ChannelHealth = { name: "slack", ...facts };

const noFacts = {
  announcedAt: null,
  pausedUntil: null,
  pending: 0,
  oldestPendingAt: null,
  givenUp24h: 0,
  lastError: null,
  lastSentAt: null,
};

Deno.test("a configured channel has what the database knows of it", () => {
  assert.deepEqual(
    reportChannels({ on: [slack], off: [], problems: [] }, [announced]),
    [
      { name: "slack", configured: true, reason: null, ...facts },
    ],
  );
});

Deno.test("a configured channel that was never used has nothing waiting", () => {
  assert.deepEqual(reportChannels({ on: [slack], off: [], problems: [] }, []), [
    { name: "slack", configured: true, reason: null, ...noFacts },
  ]);
});

Deno.test("a channel that is off says why, and what waits if another process has it", () => {
  const off = [{ name: "slack", reason: "SLACK_WEBHOOK_URL is not set." }];
  for (
    const [known, expected] of [[[], noFacts], [[announced], facts]] as const
  ) {
    assert.deepEqual(reportChannels({ on: [], off, problems: [] }, known), [{
      name: "slack",
      configured: false,
      reason: "SLACK_WEBHOOK_URL is not set.",
      ...expected,
    }]);
  }
});

Deno.test("a channel that only the database knows is reported as well, sorted by name", () => {
  const pager = { ...announced, name: "pager" };
  const report = reportChannels({ on: [slack], off: [], problems: [] }, [
    pager,
  ]);
  assert.deepEqual(report.map(({ name }) => name), ["pager", "slack"]);
  assert.equal(report[0].configured, false);
  assert.match(report[0].reason ?? "", /does not know/);
});
