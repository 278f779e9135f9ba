import { deepEqual } from "node:assert/strict";
import { longestFirst } from "./end_to_end.ts";

const FILES = ["small", "large", "quick", "slow"]
  .map((name, index) => ({ name, bytes: index === 1 ? 900 : 100 + index }));

Deno.test("files that have never run come first, by their size; then the longest", () => {
  const durations = new Map([["quick", 1], ["slow", 60], ["gone", 99]]);
  const ordered = longestFirst(FILES, durations).map(({ name }) => name);
  deepEqual(ordered, ["large", "small", "slow", "quick"]);
});

Deno.test("on the first run size alone decides", () => {
  const ordered = longestFirst(FILES, new Map()).map(({ name }) => name);
  deepEqual(ordered, ["large", "slow", "quick", "small"]);
});

Deno.test("on the first run short files that take long come before large ones", () => {
  const files = [...FILES, { name: "deploys", bytes: 1, isLong: true }];
  const ordered = longestFirst(files, new Map()).map(({ name }) => name);
  deepEqual(ordered.slice(0, 2), ["deploys", "large"]);
});
