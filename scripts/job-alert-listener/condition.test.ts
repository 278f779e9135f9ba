import { deepEqual, equal } from "node:assert/strict";
import FakeTimers from "@sinonjs/fake-timers";
import { Condition } from "./condition.ts";

function onClock(test: (time: FakeTimers.Clock) => void): void {
  const time = FakeTimers.install({
    now: new Date("2026-01-01T00:00:00Z"),
    toFake: ["Date"],
  });
  try {
    test(time);
  } finally {
    time.uninstall();
  }
}

Deno.test("all is well once it listens and the database has said what is due", () =>
  onClock((time) => {
    const condition = new Condition(["slack"]);
    equal(condition.report().status, "not_listening");
    time.tick(1_000);
    condition.listens();
    condition.claimed();
    time.tick(1_000);
    deepEqual(condition.report(), {
      status: "ok",
      listening: true,
      since: "2026-01-01T00:00:01.000Z",
      lastDrainAt: "2026-01-01T00:00:01.000Z",
      problem: null,
      channels: ["slack"],
    });
  }));

Deno.test("since tells when listening ended, however often it fails afterwards", () =>
  onClock((time) => {
    const condition = new Condition([]);
    condition.listens();
    time.tick(5_000);
    condition.doesNotListen(new Error("terminated"));
    time.tick(5_000);
    condition.doesNotListen(new Error("refused"));
    const { status, since, problem } = condition.report();
    deepEqual({ status, since, problem }, {
      status: "not_listening",
      since: "2026-01-01T00:00:05.000Z",
      problem: "refused",
    });
  }));

Deno.test("listening alone is not enough: claims that fail are a problem until one succeeds", () => {
  const condition = new Condition(["slack"]);
  condition.listens();
  condition.couldNotClaim(new Error("permission denied"));
  const { status, listening, problem } = condition.report();
  deepEqual({ status, listening, problem }, {
    status: "not_claiming",
    listening: true,
    problem: "permission denied",
  });
  condition.claimed();
  equal(condition.report().status, "ok");
});

Deno.test("one that stops says so", () => {
  const condition = new Condition(["slack"]);
  condition.listens();
  condition.stops();
  equal(condition.report().status, "stopping");
  equal(condition.report().listening, false);
});
