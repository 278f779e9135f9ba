import { FakeRuns } from "./fake-runs.ts";
import { RUN_SCENARIOS } from "./run-scenarios.ts";

for (const { name, arrangement, play } of RUN_SCENARIOS) {
  Deno.test(`the double of runs: ${name}`, () =>
    play(new FakeRuns(arrangement)));
}
