import assert from "node:assert/strict";
import { createLogger } from "../logger.ts";
import type { CallRpc } from "../rpc/client.ts";
import { startService, unusedOrigin } from "../testing/service.ts";
import { pingMonitor } from "./ping.ts";
import type { FinishedRun } from "./run-outcome.ts";

const RUN_ID = "0d8f4c1e-6b1a-4f0e-9a57-3c2f1b7d9e10";
const PATH = "/ping/secret-part-0123456789";

function finished(changes: Partial<FinishedRun> = {}): FinishedRun {
  return {
    runId: RUN_ID,
    status: "success",
    recordsUpdated: 3,
    itemsTotal: null,
    itemsProcessed: null,
    itemsFailed: 0,
    durationMs: 12,
    errorMessage: null,
    errors: [],
    metadata: {},
    pingUrl: null,
    ...changes,
  };
}

function setUp() {
  const lines: string[] = [];
  const noted: unknown[] = [];
  const callRpc: CallRpc = (name, args) => {
    noted.push({ name, ...args });
    const { problem } = args as { problem: string };
    return Promise.resolve({
      data: { run_id: RUN_ID, ping_error: problem },
      error: null,
      status: 200,
    });
  };
  const log = createLogger((_, line) => lines.push(line));
  const events = () => lines.map((line) => JSON.parse(line).event);
  return { deps: { callRpc, log }, lines, noted, events };
}

Deno.test("a success is reported once, with a GET that says nothing", async () => {
  await using monitor = startService(() => new Response("OK"));
  const { deps, noted, events } = setUp();
  const pingUrl = `${monitor.origin}${PATH}?status=up`;
  await pingMonitor(finished({ pingUrl }), deps);

  const [{ method, path, body, headers }, ...others] = monitor.received;
  assert.deepEqual(others, []);
  assert.deepEqual({ method, path, body }, {
    method: "GET",
    path: PATH,
    body: "",
  });
  assert.equal(headers.get("x-api-key"), null);
  assert.equal(headers.get("authorization"), null);
  assert.deepEqual(events(), ["ping_sent"]);
  assert.deepEqual(noted, []);
});

Deno.test("a failed run, a continued one and one without an address are not reported", async () => {
  await using monitor = startService(() => new Response("OK"));
  const { deps, lines } = setUp();
  const pingUrl = monitor.origin + PATH;
  await pingMonitor(finished({ status: "failed", pingUrl }), deps);
  await pingMonitor(
    finished({ metadata: { continued: true }, pingUrl }),
    deps,
  );
  await pingMonitor(finished(), deps);
  assert.deepEqual(monitor.received, []);
  assert.deepEqual(lines, []);
});

Deno.test("a refusal is logged and noted in the row, without the address", async () => {
  await using monitor = startService(() =>
    new Response("words of the monitor", { status: 404 })
  );
  const { deps, lines, noted, events } = setUp();
  await pingMonitor(finished({ pingUrl: monitor.origin + PATH }), deps);

  assert.equal(monitor.received.length, 1);
  assert.deepEqual(events(), ["ping_failed"]);
  assert.deepEqual(noted, [{
    name: "report_ping_failure",
    run_id: RUN_ID,
    problem: "The monitor answered 404: no reason was given",
  }]);
  for (const secret of ["secret-part", "words of the monitor"]) {
    assert.equal(lines.join().includes(secret), false, secret);
  }
});

Deno.test("no redirect is followed", async () => {
  await using target = startService(() => new Response("OK"));
  await using monitor = startService(() =>
    new Response(null, { status: 302, headers: { Location: target.origin } })
  );
  const { deps, events } = setUp();
  await pingMonitor(finished({ pingUrl: monitor.origin + PATH }), deps);
  assert.deepEqual(target.received, []);
  assert.deepEqual(events(), ["ping_failed"]);
});

Deno.test("what may pass is tried again", async () => {
  let answers = 0;
  await using monitor = startService(() =>
    new Response(null, { status: answers++ === 0 ? 503 : 200 })
  );
  const { deps, events } = setUp();
  await pingMonitor(finished({ pingUrl: monitor.origin + PATH }), deps);
  assert.equal(monitor.received.length, 2);
  assert.deepEqual(events(), ["ping_sent"]);
});

Deno.test("a monitor that is not there, or never answers, ends in time and hides the address", async () => {
  const { promise: forever, resolve: release } = Promise.withResolvers<
    Response
  >();
  {
    await using silent = startService(() => forever);
    for (const origin of [unusedOrigin(), silent.origin]) {
      const { deps, lines, noted, events } = setUp();
      await pingMonitor(finished({ pingUrl: origin + PATH }), deps, {
        totalMs: 300,
        attemptMs: 100,
      });
      assert.deepEqual(events(), ["ping_failed"], origin);
      assert.equal(noted.length, 1);
      assert.equal(lines.join().includes("secret-part"), false);
    }
    release(new Response());
  }
});

Deno.test("an address that may not be called is not called", async () => {
  for (
    const pingUrl of [
      "http://example.com/x",
      "https://10.0.0.1/x",
      "https://169.254.169.254/latest/meta-data",
      "https://2852039166/x",
      "https://[fd00::1]/x",
      "https://user:password@example.com/x",
      "https://example.com/x#y",
      "https://kong/x",
      "https://db.internal/x",
      "https://printer.local./x",
      "file:///etc/passwd",
      "rubbish",
    ]
  ) {
    const { deps, noted } = setUp();
    await pingMonitor(finished({ pingUrl }), deps);
    assert.deepEqual(noted, [{
      name: "report_ping_failure",
      run_id: RUN_ID,
      problem: "ping_url must be an https address of a public host.",
    }], pingUrl);
  }
});

Deno.test("a failure that cannot be noted is logged and ends there", async () => {
  const { deps, events } = setUp();
  await pingMonitor(finished({ pingUrl: "rubbish" }), {
    ...deps,
    callRpc: () => Promise.reject(new TypeError("fetch failed")),
  });
  assert.deepEqual(events(), ["ping_failed", "ping_failure_not_noted"]);
});
