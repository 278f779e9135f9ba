import assert from "node:assert/strict";
import { date, longDate } from "./dates.ts";

Deno.test("a date is written out", () => {
  assert.equal(longDate("2026-11-23"), "Monday, 23 November 2026");
  assert.equal(date("2026-02-01"), "1 February 2026");
  assert.equal(date("2028-02-29"), "29 February 2028");
});

Deno.test("it is the same date wherever the function runs", async () => {
  const module = import.meta.resolve("./dates.ts");
  for (const zone of ["Pacific/Kiritimati", "Pacific/Honolulu"]) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `import { longDate } from "${module}";
        console.log(longDate("2026-11-23"), new Date(0).getTimezoneOffset());`,
      ],
      env: { TZ: zone, NO_COLOR: "1" },
    }).output();
    const [, written, offset] = /^(.*) (-?\d+)\n$/.exec(
      new TextDecoder().decode(stdout),
    ) ?? [];
    assert.equal(written, "Monday, 23 November 2026");
    assert.notEqual(offset, "0", "the zone was not set");
  }
});

Deno.test("a year before our era or with more digits is written out, too", () => {
  assert.equal(date("0044-03-15 BC"), "15 March 44 BC");
  assert.equal(date("0001-02-29 BC"), "29 February 1 BC");
  assert.equal(date("12001-03-01"), "1 March 12001");
  assert.equal(longDate("0099-12-31"), "Thursday, 31 December 99");
});

Deno.test("a text that is no date is shown as it is", () => {
  for (
    const other of [
      "infinity",
      "-infinity",
      "2026-13-01",
      "2026-02-29",
      "0000-00-00",
      "999999-01-01",
      "5874897-12-31",
    ]
  ) {
    assert.equal(date(other), other);
    assert.equal(longDate(other), other);
  }
});
