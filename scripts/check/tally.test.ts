import { deepEqual } from "node:assert/strict";
import { ofExitCode, ofJUnit, ofPgProve, sum } from "./tally.ts";

Deno.test("a tool that exits with anything but 0 is one failed check", () => {
  deepEqual(ofExitCode(0), { passed: 1, failed: 0 });
  deepEqual(ofExitCode(2), { passed: 0, failed: 1 });
});

Deno.test("a JUnit report is counted by its root, failures and errors alike", () => {
  const xml =
    `<testsuites name="deno test" tests="12" failures="2" errors="1" time="1.0">
      <testsuite name="a" tests="5" failures="0" errors="0"/>
    </testsuites>`;
  deepEqual(ofJUnit(xml, 1), { passed: 9, failed: 3 });
});

Deno.test("a runner that dies without a report is a failure", () => {
  deepEqual(ofJUnit("", 1), { passed: 0, failed: 1 });
});

Deno.test("green tests do not hide a runner that exits non-zero", () => {
  const xml = `<testsuites tests="4" failures="0" errors="0">`;
  deepEqual(ofJUnit(xml, 1), { passed: 4, failed: 1 });
});

Deno.test("a green pg_prove is counted by its assertions", () => {
  deepEqual(ofPgProve("All tests successful.\nFiles=2, Tests=31, 1 s\n", 0), {
    passed: 31,
    failed: 0,
  });
});

Deno.test("ranges and lists of failed assertions are added up", () => {
  const output = `Test Summary Report
-------------------
a.test.sql (Wstat: 0 Tests: 9 Failed: 4)
  Failed tests:  1-3, 7
b.test.sql (Wstat: 0 Tests: 3 Failed: 1)
  Failed test:  2
Files=2, Tests=12,  1 wallclock secs
`;
  deepEqual(ofPgProve(output, 1), { passed: 7, failed: 5 });
});

Deno.test("a pgTAP file that dies before an assertion fails is a failure", () => {
  const output = `a.test.sql (Wstat: 768 (exited 3) Tests: 2 Failed: 0)
  Non-zero exit status: 3
Files=1, Tests=2,  1 wallclock secs
`;
  deepEqual(ofPgProve(output, 1), { passed: 2, failed: 1 });
});

Deno.test("tallies of several steps add up", () => {
  deepEqual(sum([{ passed: 1, failed: 2 }, { passed: 3, failed: 0 }]), {
    passed: 4,
    failed: 2,
  });
});
