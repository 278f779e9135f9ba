import { deepEqual, equal, ok } from "node:assert/strict";
import type { Answer } from "./answer.ts";
import type { Panel } from "./dashboard.ts";
import type { PanelTarget } from "./panel_targets.ts";

/** Asserts that a panel can show an answer, and has something to show. */
export function assertPanelShows(
  { panel, where }: PanelTarget,
  { fields, rows }: Answer,
): void {
  ok(rows.length > 0, `${where}: nothing to see`);
  const names = fields.map(({ name }) => name);
  equal(new Set(names).size, names.length, where);
  const numbers = fields.filter(({ type }) => type === "number");

  const { reduceOptions } = panel.options;
  switch (panel.type) {
    case "timeseries":
      assertSeries({ fields, rows }, where);
      break;
    case "stat":
      ok(reduceOptions, where);
      if (reduceOptions.fields === "") ok(numbers.length > 0, where);
      else {
        const [, name] = /^\/\^(\w+)\$\/$/.exec(reduceOptions.fields) ?? [];
        ok(names.includes(name), `${where}: ${reduceOptions.fields}`);
      }
      if (!reduceOptions.values) equal(rows.length, 1, where);
      break;
    case "table":
      ok(fields.length > 1, where);
  }
  assertOverrides(panel, [...names, ...seriesNames(rows)], where);
}

// Grafana refuses series that are not ordered by time.
function assertSeries(
  { fields, rows }: Answer,
  where: string,
): void {
  const time = fields.find(({ name }) => name === "time");
  ok(time !== undefined && time.type !== "string", `${where}: no time`);
  const values = fields.filter(({ name, type }) =>
    name !== "time" && type === "number"
  );
  equal(values.length, 1, `${where}: one value for each series`);
  const others = fields.filter(({ type }) => type === "string");
  ok(others.every(({ name }) => name === "metric"), where);
  const times = rows.map((row) => Number(row.time));
  ok(times.every((each) => each > 1_000_000), where);
  deepEqual(times, times.toSorted((one, other) => one - other), where);
}

function seriesNames(rows: Answer["rows"]): string[] {
  return rows.flatMap(({ metric }) =>
    typeof metric === "string" ? [metric] : []
  );
}

// A run that is under way has a colour of its own when there is one.
const NOT_ALWAYS_THERE = ["running"];

function assertOverrides(
  { fieldConfig }: Panel,
  names: readonly string[],
  where: string,
): void {
  for (const { matcher } of fieldConfig.overrides) {
    const name = matcher.options;
    const isThere = matcher.id === "byRegexp"
      ? names.some((each) => new RegExp(name.slice(1, -1)).test(each))
      : names.includes(name);
    ok(
      isThere || NOT_ALWAYS_THERE.includes(name),
      `${where}: ${name}`,
    );
  }
}
