import assert from "node:assert/strict";
import { createLogger, type LogLevel } from "./logger.ts";

function recordingLogger() {
  const written: { level: LogLevel; line: string }[] = [];
  const log = createLogger((level, line) => written.push({ level, line }));
  return { log, written };
}

Deno.test("an event is one line of JSON with its instant, level and name", () => {
  const { log, written } = recordingLogger();
  log.warn("attempt_failed", { message: "two\nlines" });

  const { level, line } = written[0] ?? assert.fail("nothing was written");
  assert.equal(level, "warn");
  assert.doesNotMatch(line, /\n/);
  const { at, ...event } = JSON.parse(line);
  assert.match(at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(event, {
    level: "warn",
    event: "attempt_failed",
    message: "two\nlines",
  });
});

Deno.test("a child logger adds its fields to each event", () => {
  const { log, written } = recordingLogger();
  const child = log.child({ runId: "r1" }).child({ jobName: "j1" });
  child.info("run_started");
  child.error("run_finished", { status: "failed" });

  assert.deepEqual(
    written.map(({ line }) => JSON.parse(line)).map((
      { event, runId, jobName },
    ) => ({ event, runId, jobName })),
    [
      { event: "run_started", runId: "r1", jobName: "j1" },
      { event: "run_finished", runId: "r1", jobName: "j1" },
    ],
  );
});
