import assert from "node:assert/strict";
import { askOracle, OracleError, type Question } from "./oracle.ts";

/**
 * Every verdict here was worked out by hand from the published clock changes,
 * with the reasoning in the name of the test. None was copied from a program.
 */
type Line = [at: string, due: string, cutoff: string, overdue: boolean];

function clockTest(name: string, timezone: string, lines: Line[]): void {
  Deno.test(`${timezone}: ${name}`, async () => {
    const questions = lines.map(([at, due, cutoff], number): Question => ({
      id: String(number),
      timezone,
      cutoff,
      due,
      at,
    }));
    const verdicts = await askOracle(questions);
    for (const [number, [at, due, cutoff, overdue]] of lines.entries()) {
      assert.equal(
        verdicts.get(String(number)),
        overdue,
        `due ${due}, cut-off ${cutoff}, looked at ${at}`,
      );
    }
  });
}

clockTest(
  "17:00 is 07:00 UTC, and the cut-off itself counts",
  "Australia/Brisbane",
  [
    ["2024-03-15T06:59:59.999999Z", "2024-03-15", "17:00:00", false],
    ["2024-03-15T07:00:00Z", "2024-03-15", "17:00:00", true],
    ["2024-03-15T17:00:00+10:00", "2024-03-15", "17:00:00", true],
    ["2024-03-15T07:00:00.000001Z", "2024-03-15", "17:00:00", true],
    ["2024-03-15T06:59:59Z", "2024-03-15", "17:00:00", false],
  ],
);

clockTest(
  "yesterday's is overdue before today's cut-off, tomorrow's is not after it",
  "Australia/Brisbane",
  [
    ["2024-03-14T14:00:00Z", "2024-03-14", "23:59:59", true],
    ["2024-03-14T13:59:58.999999Z", "2024-03-14", "23:59:59", false],
    ["2024-03-15T13:59:59Z", "2024-03-16", "00:00:00", false],
    ["2024-03-15T14:00:00Z", "2024-03-16", "00:00:00", true],
  ],
);

clockTest(
  "17:30 is 16:30 UTC in summer and 17:30 UTC in winter",
  "Europe/London",
  [
    ["2024-07-01T16:30:00Z", "2024-07-01", "17:30:00", true],
    ["2024-07-01T16:29:59Z", "2024-07-01", "17:30:00", false],
    ["2024-01-15T16:30:00Z", "2024-01-15", "17:30:00", false],
    ["2024-01-15T17:30:00Z", "2024-01-15", "17:30:00", true],
  ],
);

clockTest(
  "the zone of this name has summer time, though the abbreviation has none: 17:00 is 15:00 UTC in July",
  "CET",
  [
    ["2024-07-01T15:00:00Z", "2024-07-01", "17:00:00", true],
    ["2024-07-01T14:59:59Z", "2024-07-01", "17:00:00", false],
    ["2024-01-15T15:00:00Z", "2024-01-15", "17:00:00", false],
    ["2024-01-15T16:00:00Z", "2024-01-15", "17:00:00", true],
  ],
);

clockTest(
  "it is still the first of June there when UTC has the second",
  "America/Los_Angeles",
  [
    ["2024-06-02T00:00:00Z", "2024-06-01", "17:00:00", true],
    ["2024-06-02T00:00:00Z", "2024-06-01", "17:00:01", false],
    ["2024-06-02T00:00:00Z", "2024-06-02", "00:00:00", false],
  ],
);

clockTest("+05:45, so 16:00 is 10:15 UTC", "Asia/Kathmandu", [
  ["2024-03-15T10:14:59.999999Z", "2024-03-15", "16:00:00", false],
  ["2024-03-15T10:15:00Z", "2024-03-15", "16:00:00", true],
  ["2024-03-14T18:15:00Z", "2024-03-15", "00:00:00", true],
  ["2024-03-14T18:14:59Z", "2024-03-15", "00:00:00", false],
]);

clockTest("+05:30, so 18:30 is 13:00 UTC", "Asia/Kolkata", [
  ["2024-03-15T12:59:59Z", "2024-03-15", "18:30:00", false],
  ["2024-03-15T13:00:00Z", "2024-03-15", "18:30:00", true],
]);

clockTest(
  "noon is 22:15 UTC the day before at +13:45, 23:15 at +12:45",
  "Pacific/Chatham",
  [
    ["2024-01-09T22:15:00Z", "2024-01-10", "12:00:00", true],
    ["2024-01-09T22:14:59Z", "2024-01-10", "12:00:00", false],
    ["2024-07-09T22:15:00Z", "2024-07-10", "12:00:00", false],
    ["2024-07-09T23:15:00Z", "2024-07-10", "12:00:00", true],
  ],
);

clockTest(
  "the clock goes back half an hour at 15:00 UTC, 01:30 to 02:00 comes twice",
  "Australia/Lord_Howe",
  [
    ["2024-04-06T14:45:00Z", "2024-04-07", "01:45:00", true],
    ["2024-04-06T15:00:00Z", "2024-04-07", "01:45:00", false],
    ["2024-04-06T15:14:59Z", "2024-04-07", "01:45:00", false],
    ["2024-04-06T15:15:00Z", "2024-04-07", "01:45:00", true],
  ],
);

clockTest(
  "the clock goes on half an hour at 15:30 UTC, from 02:00 to 02:30, past 02:15",
  "Australia/Lord_Howe",
  [
    ["2024-10-05T15:29:59.999999Z", "2024-10-06", "02:15:00", false],
    ["2024-10-05T15:30:00Z", "2024-10-06", "02:15:00", true],
    ["2024-10-05T15:30:00Z", "2024-10-06", "02:30:00", true],
    ["2024-10-05T15:30:00Z", "2024-10-06", "02:30:01", false],
  ],
);

clockTest(
  "a cut-off of 02:30 is passed at 07:00 UTC when 02:00 becomes 03:00",
  "America/New_York",
  [
    ["2024-03-10T06:59:59.999999Z", "2024-03-10", "02:30:00", false],
    ["2024-03-10T07:00:00Z", "2024-03-10", "02:30:00", true],
  ],
);

clockTest(
  "01:30 comes at 05:30 UTC and again at 06:30, in between it is 01:00",
  "America/New_York",
  [
    ["2024-11-03T05:30:00Z", "2024-11-03", "01:30:00", true],
    ["2024-11-03T05:59:59Z", "2024-11-03", "01:30:00", true],
    ["2024-11-03T06:00:00Z", "2024-11-03", "01:30:00", false],
    ["2024-11-03T06:30:00Z", "2024-11-03", "01:30:00", true],
  ],
);

clockTest(
  "+14, so the first of May begins at 10:00 UTC in April",
  "Pacific/Kiritimati",
  [
    ["2024-04-30T09:59:59.999999Z", "2024-05-01", "00:00:00", false],
    ["2024-04-30T10:00:00Z", "2024-05-01", "00:00:00", true],
  ],
);

clockTest(
  "-12, so the first of May ends at noon UTC of the second",
  "Etc/GMT+12",
  [
    ["2024-05-02T11:59:58.999999Z", "2024-05-01", "23:59:59", false],
    ["2024-05-02T11:59:59Z", "2024-05-01", "23:59:59", true],
    ["2024-05-01T12:00:00Z", "2024-05-01", "00:00:00", true],
    ["2024-05-01T11:59:59Z", "2024-05-01", "00:00:00", false],
  ],
);

Deno.test("at 10:30 UTC on the first of May there are three local dates", async () => {
  const at = "2024-05-01T10:30:00Z";
  const cutoff = "23:59:59";
  const ask = (id: string, timezone: string, due: string): Question => (
    { id, timezone, cutoff, due, at }
  );
  const verdicts = await askOracle([
    ask("00:30 on the second", "Pacific/Kiritimati", "2024-05-01"),
    ask("10:30 on the first", "UTC", "2024-05-01"),
    ask("the thirtieth is over", "UTC", "2024-04-30"),
    ask("22:30 on the thirtieth", "Etc/GMT+12", "2024-04-30"),
    ask("the twenty-ninth is over", "Etc/GMT+12", "2024-04-29"),
  ]);
  assert.deepEqual(Object.fromEntries(verdicts), {
    "00:30 on the second": true,
    "10:30 on the first": false,
    "the thirtieth is over": true,
    "22:30 on the thirtieth": false,
    "the twenty-ninth is over": true,
  });
});

clockTest(
  "30 December 2011 was skipped: from -10 to +14 at 10:00 UTC",
  "Pacific/Apia",
  [
    ["2011-12-30T09:59:59.999999Z", "2011-12-30", "00:00:00", false],
    ["2011-12-30T09:59:59.999999Z", "2011-12-29", "23:59:59", true],
    ["2011-12-30T10:00:00Z", "2011-12-30", "23:59:59", true],
    ["2011-12-30T10:00:00Z", "2011-12-31", "00:00:00", true],
    ["2011-12-30T10:00:00Z", "2011-12-31", "00:00:01", false],
  ],
);

clockTest(
  "21 August 1993 was skipped: from -12 to +12 at noon UTC",
  "Pacific/Kwajalein",
  [
    ["1993-08-21T11:59:59Z", "1993-08-21", "00:00:00", false],
    ["1993-08-21T12:00:00Z", "1993-08-21", "23:59:59", true],
    ["1993-08-21T12:00:00Z", "1993-08-22", "00:00:00", true],
  ],
);

clockTest("31 March 2024 began at 01:00, which was 22:00 UTC", "Asia/Beirut", [
  ["2024-03-30T21:59:59.999999Z", "2024-03-31", "00:00:00", false],
  ["2024-03-30T22:00:00Z", "2024-03-31", "00:00:00", true],
  ["2024-03-30T22:00:00Z", "2024-03-31", "00:30:00", true],
  ["2024-03-30T22:00:00Z", "2024-03-31", "01:00:01", false],
  ["2024-03-30T21:59:58Z", "2024-03-30", "23:59:59", false],
  ["2024-03-30T21:59:59Z", "2024-03-30", "23:59:59", true],
]);

clockTest("26 April 2024 began at 01:00, which was 22:00 UTC", "Africa/Cairo", [
  ["2024-04-25T21:59:59Z", "2024-04-26", "00:30:00", false],
  ["2024-04-25T22:00:00Z", "2024-04-26", "00:30:00", true],
]);

clockTest(
  "10 March 2024 began at 01:00, which was 05:00 UTC",
  "America/Havana",
  [
    ["2024-03-10T04:59:59Z", "2024-03-10", "00:00:00", false],
    ["2024-03-10T05:00:00Z", "2024-03-10", "01:00:00", true],
    ["2024-03-10T05:00:00Z", "2024-03-10", "01:00:01", false],
  ],
);

clockTest(
  "1 October 2023 began at 01:00, which was 04:00 UTC",
  "America/Asuncion",
  [
    ["2023-10-01T03:59:59Z", "2023-10-01", "00:00:00", false],
    ["2023-10-01T04:00:00Z", "2023-10-01", "00:59:59", true],
  ],
);

clockTest(
  "8 September 2024 began at 01:00, which was 04:00 UTC",
  "America/Santiago",
  [
    ["2024-09-08T03:59:59Z", "2024-09-08", "00:00:00", false],
    ["2024-09-08T04:00:00Z", "2024-09-08", "00:30:00", true],
  ],
);

clockTest(
  "6 April 2024 had 23:00 twice, at 02:00 and 03:00 UTC, and ended at 04:00",
  "America/Santiago",
  [
    ["2024-04-07T02:30:00Z", "2024-04-06", "23:30:00", true],
    ["2024-04-07T03:00:00Z", "2024-04-06", "23:30:00", false],
    ["2024-04-07T03:30:00Z", "2024-04-06", "23:30:00", true],
    ["2024-04-07T03:59:59.999999Z", "2024-04-07", "00:00:00", false],
    ["2024-04-07T04:00:00Z", "2024-04-07", "00:00:00", true],
  ],
);

Deno.test("only a pending installment of an active plan can become overdue", async () => {
  const late: Omit<Question, "id"> = {
    timezone: "UTC",
    cutoff: "17:00:00",
    due: "2024-03-14",
    at: "2024-03-15T12:00:00Z",
  };
  const verdicts = await askOracle([
    { ...late, id: "a", planStatus: "active", installmentStatus: "pending" },
    { ...late, id: "b", planStatus: "draft" },
    { ...late, id: "c", planStatus: "completed" },
    { ...late, id: "d", planStatus: "cancelled" },
    { ...late, id: "e", installmentStatus: "paid" },
    { ...late, id: "f", installmentStatus: "partial" },
    { ...late, id: "g", installmentStatus: "overdue" },
    { ...late, id: "h", installmentStatus: "draft" },
    { ...late, id: "i", installmentStatus: "cancelled" },
  ]);
  const overdue = [...verdicts].filter(([, yes]) => yes).map(([id]) => id);
  assert.deepEqual(overdue, ["a"]);
});

const harmless: Question = {
  id: "1",
  timezone: "UTC",
  cutoff: "17:00:00",
  due: "2024-03-15",
  at: "2024-03-15T12:00:00Z",
};

function refusal(pattern: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof OracleError && pattern.test(error.message);
}

Deno.test("no cases get no verdicts", async () => {
  assert.equal((await askOracle([])).size, 0);
});

Deno.test("a zone that the system does not know is an error, not a guess", async () => {
  await assert.rejects(
    askOracle([harmless, { ...harmless, id: "2", timezone: "Mars/Olympus" }]),
    refusal(/line 2 cannot be judged.*Mars\/Olympus/),
  );
});

Deno.test("an instant without an offset is an error", async () => {
  await assert.rejects(
    askOracle([{ ...harmless, at: "2024-03-15T12:00:00" }]),
    refusal(/instant without an offset/),
  );
});

Deno.test("two cases with one id are an error", async () => {
  await assert.rejects(
    askOracle([harmless, harmless]),
    refusal(/2 cases with ids that differ .* 1 verdicts came/),
  );
});

Deno.test("an oracle that does not answer is stopped after the time-out", async () => {
  await assert.rejects(
    askOracle([harmless], { timeoutMs: 50, command: ["sleep", "60"] }),
    refusal(/no answer in 50 ms/),
  );
});

Deno.test("an answer that leaves out a case is an error", async () => {
  await assert.rejects(
    askOracle([harmless], { command: ["true"] }),
    refusal(/1 are missing/),
  );
});

Deno.test("an answer that is not JSON is quoted in the error", async () => {
  await assert.rejects(
    askOracle([harmless], { command: ["echo", "perhaps"] }),
    refusal(/not JSON: perhaps/),
  );
});

Deno.test("a missing Python is reported", async () => {
  await assert.rejects(
    askOracle([harmless], { command: ["python-of-nowhere"] }),
    refusal(/python-of-nowhere is not installed/),
  );
});
