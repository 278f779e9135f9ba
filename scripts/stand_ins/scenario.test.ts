import { deepEqual, equal, ok } from "node:assert/strict";
import {
  acceptedThenReset,
  always,
  Director,
  hang,
  inTurn,
  reset,
  type Scenario,
  sometimes,
} from "./scenario.ts";

const POSSIBILITIES = [
  { fault: reset },
  { fault: acceptedThenReset },
  { fault: hang, atMost: 2 },
];

Deno.test("faults in turn end with none", () => {
  const scenario = inTurn(reset, null, hang);
  deepEqual(faultsOf(scenario, 5), ["reset", null, "hang", null, null]);
});

Deno.test("the same seed and the same calls give the same faults", () => {
  const faults = (seed: number) =>
    faultsOf(
      sometimes({ seed, percent: 30, inARow: 9, possibilities: POSSIBILITIES }),
      200,
    );
  deepEqual(faults(7), faults(7));
  ok(faults(7).join() !== faults(8).join());
});

Deno.test("the wanted share of the calls fails, in every way that is possible", () => {
  const faults = faultsOf(
    sometimes({
      seed: 1,
      percent: 33,
      inARow: 9,
      possibilities: POSSIBILITIES,
    }),
    3_000,
  );
  const count = (name: string | null) =>
    faults.filter((fault) => fault === name).length;
  ok(count(null) > 1_900 && count(null) < 2_120, `${count(null)} passed`);
  ok(count("reset") > 400, `${count("reset")} resets`);
  ok(count("accepted_then_reset") > 400);
  equal(count("hang"), 2);
});

Deno.test("a message gets through after so many faults in a row", () => {
  const scenario = sometimes({
    seed: 1,
    percent: 100,
    inARow: 3,
    possibilities: POSSIBILITIES,
  });
  const faults = [1, 2, 3, 4].map((number) =>
    scenario({ message: "m", number })
  );
  deepEqual(faults.map((fault) => fault === null), [false, false, false, true]);
});

Deno.test("attempts are counted for each message, over a change of the scenario", () => {
  const director = new Director();
  const seen: string[] = [];
  const record: Scenario = ({ message, number }) => {
    seen.push(`${message}${number}`);
    return null;
  };
  director.follow(record);
  director.next("a");
  director.next("b");
  director.follow(always(reset));
  equal(director.next("a"), reset);
  director.follow(record);
  director.next("a");
  director.next("b");
  deepEqual(seen, ["a1", "b1", "a3", "b2"]);
});

/** Names of the faults of the first calls, each with a message of its own. */
function faultsOf(scenario: Scenario, calls: number): (string | null)[] {
  return Array.from(
    { length: calls },
    (_, call) => scenario({ message: String(call), number: 1 })?.name ?? null,
  );
}
