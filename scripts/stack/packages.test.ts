import assert from "node:assert/strict";
import {
  newestSupported,
  parseInstalled,
  parseOfferedMajors,
  requiredPackages,
} from "./packages.ts";

Deno.test("the newest supported version is taken, not the newest", () => {
  assert.equal(newestSupported([13, 15, 17, 19]), 17);
});

Deno.test("without a supported version there is none", () => {
  assert.equal(newestSupported([13, 14]), null);
});

Deno.test("the versions on offer are read from apt's answer", () => {
  const answer = "postgresql-15 - The World's Most Advanced Open Source\n" +
    "postgresql-17 - The World's Most Advanced Open Source\n";
  assert.deepEqual(parseOfferedMajors(answer), [15, 17]);
});

Deno.test("a package that was removed or is half installed is missing", () => {
  const answer = "ii  postgresql-15\nrc  postgresql-15-cron\niU  pgtap\n";
  assert.deepEqual([...parseInstalled(answer)], ["postgresql-15"]);
});

Deno.test("the packages are those of the chosen version", () => {
  assert.ok(requiredPackages(16).includes("postgresql-16-cron"));
  assert.ok(requiredPackages(16).includes("postgresql-plpython3-16"));
});
