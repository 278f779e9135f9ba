import assert from "node:assert/strict";
import {
  FIRST_YEAR,
  LAST_YEAR,
  type OverdueCase,
  randomCases,
} from "./cases.ts";
import { askOracle } from "./oracle.ts";
import { instantsShowing, offsetAt, transitionsIn } from "./wall_clock.ts";

/** The zones of the system's own database: the oracle knows no others. */
const ZONES = [
  ...Deno.readTextFileSync("/usr/share/zoneinfo/zone.tab")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => String(line.split("\t")[2])),
  "Etc/GMT+12",
  "UTC",
];
const CASES = randomCases({ count: 5000, seed: 42, zones: ZONES });
const VERDICTS = await askOracle(CASES);

Deno.test("one seed gives the same cases, another seed gives others", () => {
  const again = randomCases({ count: 5000, seed: 42, zones: ZONES });
  const other = randomCases({ count: 5000, seed: 43, zones: ZONES });
  assert.deepEqual(again, CASES);
  assert.notDeepEqual(other, CASES);
});

Deno.test("every zone occurs and every id differs", () => {
  assert.deepEqual(
    new Set(CASES.map(({ timezone }) => timezone)),
    new Set(ZONES),
  );
  assert.equal(new Set(CASES.map(({ id }) => id)).size, CASES.length);
});

Deno.test("instants lie from 1990 to 2037, cut-offs from 00:00:00 to 23:59:59", () => {
  const years = CASES.map(({ at }) => new Date(at).getUTCFullYear());
  const cutoffs = CASES.map(({ cutoff }) => cutoff).sort();
  assert.ok(Math.min(...years) >= FIRST_YEAR);
  assert.ok(Math.max(...years) <= LAST_YEAR);
  assert.equal(cutoffs.at(0), "00:00:00");
  assert.equal(cutoffs.at(-1), "23:59:59");
});

Deno.test("plans and installments occur in every status", () => {
  assert.deepEqual(
    [...new Set(CASES.map(({ planStatus }) => planStatus))].sort(),
    ["active", "cancelled", "completed", "draft"],
  );
  assert.deepEqual(
    [...new Set(CASES.map((each) => each.installmentStatus))].sort(),
    ["cancelled", "draft", "overdue", "paid", "partial", "pending"],
  );
});

Deno.test("due dates lie from two days before the local date to two after", () => {
  const distances = CASES.map((each) =>
    (Date.parse(each.due) - Date.parse(localDate(each))) / 86_400_000
  );
  assert.deepEqual([...new Set(distances)].sort((a, b) => a - b), [
    -2,
    -1,
    0,
    1,
    2,
  ]);
});

Deno.test("the oracle finds enough overdue and enough other cases", () => {
  const overdue = [...VERDICTS.values()].filter((yes) => yes).length;
  assert.ok(overdue > CASES.length / 5, `${overdue} overdue`);
  assert.ok(overdue < CASES.length * 4 / 5, `${overdue} overdue`);
});

Deno.test("without a zone there are no cases", () => {
  assert.throws(
    () => randomCases({ count: 1, seed: 1, zones: [] }),
    RangeError,
  );
});

Deno.test("a clock change is found to the second", () => {
  assert.deepEqual(
    transitionsIn("Europe/London", 2024),
    [Date.UTC(2024, 2, 31, 1), Date.UTC(2024, 9, 27, 1)],
  );
  assert.deepEqual(transitionsIn("Australia/Brisbane", 2024), []);
});

Deno.test("a repeated time has two instants, a skipped one the clock before's", () => {
  assert.deepEqual(
    instantsShowing("America/New_York", Date.UTC(2024, 10, 3, 1, 30)),
    [Date.UTC(2024, 10, 3, 5, 30), Date.UTC(2024, 10, 3, 6, 30)],
  );
  assert.deepEqual(
    instantsShowing("America/New_York", Date.UTC(2024, 2, 10, 2, 30)),
    [Date.UTC(2024, 2, 10, 7, 30)],
  );
});

// A generator is as good as the wrong rules that it exposes.
const wrongRules: Record<string, (each: OverdueCase) => boolean> = {
  "takes `after the cut-off` for `at the cut-off`": (each) =>
    rule(each, localMs(each), (time, cutoff) => time > cutoff),
  "takes the server's date for the agency's": (each) =>
    rule(each, instantMs(each)),
  "knows no daylight saving": (each) =>
    rule(
      each,
      instantMs(each) + offsetAt(
        each.timezone,
        Date.UTC(new Date(each.at).getUTCFullYear(), 0, 1),
      ),
    ),
  "rounds offsets to whole hours": (each) =>
    rule(
      each,
      instantMs(each) + Math.round(
            offsetAt(each.timezone, instantMs(each)) / 3_600_000,
          ) * 3_600_000,
    ),
  "rounds to the next second": (each) =>
    rule(each, Math.round(localMs(each) / 1000) * 1000),
  "forgets the due day": (each) => rule(each, localMs(each), () => false),
  "forgets that yesterday is over": (each) =>
    sameDay(each) && rule(each, localMs(each)),
  "forgets the plan's status": (each) =>
    rule({ ...each, planStatus: "active" }, localMs(each)),
  "forgets the installment's status": (each) =>
    rule({ ...each, installmentStatus: "pending" }, localMs(each)),
};

for (const [name, wrongRule] of Object.entries(wrongRules)) {
  Deno.test(`a rule that ${name} is exposed`, () => {
    const wrong = CASES.filter((each) =>
      wrongRule(each) !== VERDICTS.get(each.id)
    );
    assert.ok(wrong.length >= 10, `only ${wrong.length} cases expose it`);
  });
}

function rule(
  each: OverdueCase,
  clockMs: number,
  reached = (time: string, cutoff: string) => time >= cutoff,
): boolean {
  if (each.planStatus !== "active") return false;
  if (each.installmentStatus !== "pending") return false;
  const clock = new Date(clockMs).toISOString();
  const [date, time] = [clock.slice(0, 10), clock.slice(11, 23)];
  if (date !== each.due) return date > each.due;
  return reached(time, `${each.cutoff}.000`);
}

function sameDay(each: OverdueCase): boolean {
  return localDate(each) === each.due;
}

function localDate(each: OverdueCase): string {
  return new Date(localMs(each)).toISOString().slice(0, 10);
}

function localMs(each: OverdueCase): number {
  return instantMs(each) + offsetAt(each.timezone, instantMs(each));
}

function instantMs({ at }: OverdueCase): number {
  return Date.parse(at);
}
