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

Deno.test("a text that is no date with a four-digit year is shown as it is", () => {
  for (
    const other of ["infinity", "10000-01-01", "0044-03-15 BC", "2026-13-01"]
  ) {
    assert.equal(date(other), other);
    assert.equal(longDate(other), other);
  }
});
