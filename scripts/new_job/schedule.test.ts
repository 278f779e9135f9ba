import { deepEqual, equal, match, throws } from "node:assert/strict";
import { NewJobError } from "./errors.ts";
import { readInterval, writeInterval } from "./interval.ts";
import { checkName } from "./name.ts";
import {
  dailySchedule,
  expectedInterval,
  readSchedule,
  slowAfter,
} from "./schedule.ts";
import { seededRandom } from "../testing/seeded_random.ts";
import { bruteForceGap, randomSchedule } from "./testing/calendar.ts";

const ROUNDS = 40;

/** In minutes; null when pg_cron would never start it. */
function gapOf(expression: string): number | null {
  try {
    return readSchedule(expression).longestGap;
  } catch (error) {
    if (error instanceof NewJobError) return null;
    throw error;
  }
}

Deno.test("a name is what jobs.definitions and Supabase take for one", () => {
  for (const name of ["a", "job-2", "close-books", "x".repeat(63)]) {
    equal(checkName(name), name);
  }
  const refused = {
    "": /small letters/,
    "Close-Books": /small letters/,
    "close_books": /small letters/,
    "close--books": /small letters/,
    "-close": /small letters/,
    "close-": /small letters/,
    "../close": /small letters/,
    "clôture": /small letters/,
    "2nd-reminder": /begin with a letter/,
    ["x".repeat(64)]: /64 bytes, and 63/,
    [`a${"-b".repeat(50)}`]: /101 bytes/,
    "duewatch": /alerts/,
  };
  for (const [name, rule] of Object.entries(refused)) {
    throws(() => checkName(name), rule, name);
  }
});

Deno.test("a schedule is what pg_cron takes for one, with single spaces", () => {
  const taken = [
    "* * * * *",
    "*/5 9-17 * * mon-fri",
    "0,30 7 1-15/2 jan,JUL 0,7",
    "0 7 $ * *",
    "1 seconds",
    "59 seconds",
  ];
  for (const text of taken) equal(readSchedule(text).expression, text);
  equal(readSchedule("  0  7\t* * * ").expression, "0 7 * * *");

  const refused = [
    "",
    "daily",
    "@daily",
    "0 7 * *",
    "0 0 7 * * *",
    "60 * * * *",
    "0 24 * * *",
    "0 7 0 * *",
    "0 7 * 13 *",
    "0 7 * * 8",
    "22-2 * * * *",
    "5/10 * * * *",
    "*/0 * * * *",
    "0 7 L * *",
    "0 7 ? * *",
    "0 7 * * 5#2",
    "0 7 * * $",
    "0 7 * foo *",
    "0 7 31 2 *",
    "0 seconds",
    "60 seconds",
    "30  sec",
  ];
  for (const text of refused) {
    throws(() => readSchedule(text), NewJobError, text);
  }
});

Deno.test("a job may be without a success for its longest gap and a grace", () => {
  const allowed = (text: string) =>
    writeInterval(expectedInterval(readSchedule(text)));
  deepEqual(
    [
      "0 7 * * *",
      "0 6 * * 1",
      "0 7 * * 1-5",
      "0 * * * *",
      "*/5 * * * *",
      "* 9-16 * * 1-5",
      "0 0 1 * *",
      "0 0 1 1,4,7,10 *",
      "0 9 * 2-11 *",
      "0 9 */2 * 1-5",
      "0 9 1-31/2 * 1-5",
      "0 0 29 2 *",
      "0 7 $ * *",
      "30 seconds",
    ].map((text) => [text, allowed(text)]),
    [
      ["0 7 * * *", "25 hours"],
      ["0 6 * * 1", "7 days 2 hours"],
      ["0 7 * * 1-5", "3 days 2 hours"],
      ["0 * * * *", "1 hour 15 minutes"],
      ["*/5 * * * *", "20 minutes"],
      ["* 9-16 * * 1-5", "2 days 18 hours 1 minute"],
      ["0 0 1 * *", "31 days 2 hours"],
      ["0 0 1 1,4,7,10 *", "92 days 2 hours"],
      // From 30 November to 1 February.
      ["0 9 * 2-11 *", "63 days 2 hours"],
      // A day has to be odd and a weekday: from a Friday 29th to Wednesday 3rd.
      ["0 9 */2 * 1-5", "5 days 2 hours"],
      // A list of days that begins with no star: either is enough.
      ["0 9 1-31/2 * 1-5", "2 days 2 hours"],
      ["0 0 29 2 *", "1461 days 2 hours"],
      ["0 7 $ * *", "31 days 2 hours"],
      ["30 seconds", "16 minutes"],
    ],
  );
});

Deno.test("the longest gap is that of a calendar of 28 years, gone through day by day", () => {
  const random = seededRandom(4);
  for (let round = 0; round < ROUNDS; round++) {
    const expression = randomSchedule(random);
    equal(gapOf(expression), bruteForceGap(expression), expression);
  }
});

Deno.test("a run is slow after a minute, or half of the time until the next", () => {
  const slow = (text: string) => slowAfter(readSchedule(text));
  equal(slow("0 7 * * *"), 60);
  equal(slow("*/2 * * * *"), 60);
  equal(slow("* * * * *"), 30);
  equal(slow("10 seconds"), 5);
  equal(slow("1 seconds"), 1);
});

Deno.test("jobs without a schedule of their own start once a night, each at its minute", () => {
  const names = Array.from({ length: 100 }, (_, number) => `job-${number}`);
  const schedules = names.map(dailySchedule);
  for (const schedule of schedules) {
    match(schedule, /^[1-5]?\d [2-5] \* \* \*$/);
    equal(readSchedule(schedule).longestGap, 24 * 60);
  }
  equal(new Set(schedules).size > 50, true);
  equal(dailySchedule("job-1"), dailySchedule("job-1"));
});

Deno.test("an interval is read and written as Postgres does", () => {
  for (
    const [text, minutes] of [
      ["25 hours", 1500],
      ["1 week", 10_080],
      ["7 days 2 hours", 10_200],
      ["1 hour 15 minutes", 75],
    ] as const
  ) equal(readInterval(text), minutes, text);
  equal(writeInterval(readInterval("1 week 1 minute")), "7 days 1 minute");
  for (
    const text of ["", "0 hours", "a day", "25", "25h", "1 day,", "-1 day"]
  ) {
    throws(() => readInterval(text), /is not an interval/, text);
  }
});
