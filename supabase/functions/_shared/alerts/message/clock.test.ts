import assert from "node:assert/strict";
import { clockProblems, createClock } from "./clock.ts";

const at = (ALERT_TIMEZONE: string | undefined, iso: string) =>
  createClock({ ALERT_TIMEZONE })(iso);

Deno.test("without a zone an instant is in UTC", () => {
  assert.equal(
    at(undefined, "2026-11-22T07:00:03.9+00:00"),
    "2026-11-22 07:00:03 UTC",
  );
  assert.deepEqual(clockProblems({}), []);
});

Deno.test("with a zone the reader's clock stands beside it, with the date where it is another", () => {
  for (
    const [zone, iso, expected] of [
      [
        "Australia/Brisbane",
        "2026-11-22T07:00:03Z",
        "2026-11-22 07:00:03 UTC (17:00:03 in Brisbane)",
      ],
      [
        "Pacific/Kiritimati",
        "2026-11-22T10:00:00Z",
        "2026-11-22 10:00:00 UTC (2026-11-23 00:00:00 in Kiritimati)",
      ],
      [
        "America/Argentina/Buenos_Aires",
        "2026-11-22T02:59:59Z",
        "2026-11-22 02:59:59 UTC (2026-11-21 23:59:59 in Buenos Aires)",
      ],
      [
        "Australia/Lord_Howe",
        "2026-10-03T15:30:00Z",
        "2026-10-03 15:30:00 UTC (2026-10-04 02:30:00 in Lord Howe)",
      ],
      [
        "europe/london",
        "2026-07-01T12:00:00Z",
        "2026-07-01 12:00:00 UTC (13:00:00 in London)",
      ],
    ]
  ) {
    assert.equal(at(zone, iso), expected);
    assert.deepEqual(clockProblems({ ALERT_TIMEZONE: zone }), []);
  }
});

Deno.test("UTC is not repeated, and a text that is no instant stays", () => {
  assert.equal(at("UTC", "2026-11-22T07:00:03Z"), "2026-11-22 07:00:03 UTC");
  assert.equal(
    at("Etc/UTC", "2026-11-22T07:00:03Z"),
    "2026-11-22 07:00:03 UTC",
  );
  assert.equal(at("Asia/Tokyo", "infinity"), "infinity");
});

Deno.test("a wrong zone is left out and reported, without being repeated", () => {
  for (const zone of ["Nowhere/Land", "+10:00", "Bogus5", "UTC+5"]) {
    assert.equal(at(zone, "2026-11-22T07:00:03Z"), "2026-11-22 07:00:03 UTC");
    const [problem] = clockProblems({ ALERT_TIMEZONE: zone });
    assert.equal(
      problem,
      "Messages give times in UTC only. ALERT_TIMEZONE: must be the name of " +
        "a time zone, such as Australia/Brisbane.",
    );
  }
});
