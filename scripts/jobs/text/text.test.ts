import { equal, throws } from "node:assert/strict";
import { JobsError } from "../errors.ts";
import { age } from "./age.ts";
import { parseEnd, parseSince } from "./moments.ts";
import { wrap } from "./wrap.ts";

const NOW = new Date("2026-11-22T16:20:00Z");

Deno.test("an age has one unit and two of it at least", () => {
  const ages: readonly (readonly [string, string])[] = [
    ["2026-11-22T16:20:00.000Z", "now"],
    ["2026-11-22T16:19:58.001Z", "now"],
    ["2026-11-22T16:19:58.000Z", "2 s ago"],
    ["2026-11-22T16:18:00.001Z", "119 s ago"],
    ["2026-11-22T16:18:00.000Z", "2 min ago"],
    ["2026-11-22T14:20:00.001Z", "119 min ago"],
    ["2026-11-22T14:20:00.000Z", "2 h ago"],
    ["2026-11-20T16:20:00.001Z", "47 h ago"],
    ["2026-11-20T16:20:00.000Z", "2 d ago"],
    ["2026-11-23T07:00:00.000Z", "in 14 h"],
    ["2026-11-22T16:20:01.900Z", "now"],
    ["yesterday", "unknown"],
  ];
  for (const [instant, expected] of ages) equal(age(instant, NOW), expected);
});

Deno.test("--since takes a length, a day in UTC, or an instant with its offset", () => {
  const readings: readonly (readonly [string, string])[] = [
    ["30m", "2026-11-22T15:50:00.000Z"],
    ["24h", "2026-11-21T16:20:00.000Z"],
    ["7d", "2026-11-15T16:20:00.000Z"],
    ["2w", "2026-11-08T16:20:00.000Z"],
    ["2026-11-20", "2026-11-20T00:00:00.000Z"],
    ["2026-11-20T07:00Z", "2026-11-20T07:00:00.000Z"],
    ["2026-11-20T07:00:00+10:00", "2026-11-19T21:00:00.000Z"],
  ];
  for (const [text, expected] of readings) {
    equal(parseSince(text, NOW).toISOString(), expected);
  }
});

Deno.test("--since refuses any other text", () => {
  const texts = ["", "7", "d", "-1d", "7 d", "1y", "yesterday", "2026-13-40"];
  const local = "2026-11-20T07:00:00";
  for (const text of [...texts, local, "22/11/2026", "9999999d"]) {
    throws(() => parseSince(text, NOW), JobsError, text);
  }
});

Deno.test("a line is broken between words, and what follows is indented", () => {
  equal(wrap("one two three four", 9), "one two\nthree\nfour");
  equal(wrap("one two three four", 9, "  "), "one two\n  three\n  four");
  equal(wrap("one two", 7), "one two");
});

Deno.test("a word that is too long stays whole", () => {
  const address = "https://example.com/a/long/page";
  equal(wrap(`see ${address} now`, 10), `see\n${address}\nnow`);
});

Deno.test("an end is a length from now on, a day in UTC, or an instant", () => {
  const ends = [
    [{}, undefined],
    [{ for: "30m" }, "2026-11-22T16:50:00.000Z"],
    [{ for: "2w" }, "2026-12-06T16:20:00.000Z"],
    [{ until: "2026-11-23" }, "2026-11-23T00:00:00.000Z"],
    [{ until: "2026-11-23T10:00:00+10:00" }, "2026-11-23T00:00:00.000Z"],
  ] as const;
  for (const [options, end] of ends) {
    equal(parseEnd(options, NOW)?.toISOString(), end);
  }
  for (
    const options of [
      { for: "soon" },
      { for: "4" },
      { until: "2026-11-23 10:00" },
      { until: "4h" },
    ]
  ) throws(() => parseEnd(options, NOW), /^JobsError: --(for|until) takes/);
});
