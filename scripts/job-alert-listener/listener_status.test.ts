import { deepEqual, equal } from "node:assert/strict";
import FakeTimers from "@sinonjs/fake-timers";
import { ListenerStatus } from "./listener_status.ts";

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

Deno.test("the status is ok once it listens and the database has said what is due", () =>
  onClock((time) => {
    const listener = new ListenerStatus(["slack"]);
    equal(listener.report().status, "not_listening");
    time.tick(1_000);
    listener.listens();
    listener.claimed();
    time.tick(1_000);
    deepEqual(listener.report(), {
      status: "ok",
      listening: true,
      since: "2026-01-01T00:00:01.000Z",
      lastDrainAt: "2026-01-01T00:00:01.000Z",
      problem: null,
      channels: ["slack"],
    });
  }));

Deno.test("since is when listening ended, however often an attempt fails afterwards", () =>
  onClock((time) => {
    const listener = new ListenerStatus([]);
    listener.listens();
    time.tick(5_000);
    listener.doesNotListen(new Error("terminated"));
    time.tick(5_000);
    listener.doesNotListen(new Error("refused"));
    const { status, since, problem } = listener.report();
    deepEqual({ status, since, problem }, {
      status: "not_listening",
      since: "2026-01-01T00:00:05.000Z",
      problem: "refused",
    });
  }));

Deno.test("a listener that cannot claim is not ok until a claim succeeds", () => {
  const listener = new ListenerStatus(["slack"]);
  listener.listens();
  listener.couldNotClaim(new Error("permission denied"));
  const { status, listening, problem } = listener.report();
  deepEqual({ status, listening, problem }, {
    status: "not_claiming",
    listening: true,
    problem: "permission denied",
  });
  listener.claimed();
  equal(listener.report().status, "ok");
});

Deno.test("a listener that stops says so", () => {
  const listener = new ListenerStatus(["slack"]);
  listener.listens();
  listener.stops();
  equal(listener.report().status, "stopping");
  equal(listener.report().listening, false);
});
