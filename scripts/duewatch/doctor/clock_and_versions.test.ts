import { deepEqual } from "node:assert/strict";
import { versionFaults } from "./clock_and_versions.ts";

const releases = ["1.0.0", "1.1.0", "2.0.0"];

/** What is said of a database and functions of two versions. */
const judged = (database: string, functions: string | null) =>
  versionFaults({ database, functions, program: "2.0.0", releases })
    .map(({ code, severity }) => [code, severity]);

Deno.test("neighbouring versions fit and are a warning, others a failure", () => {
  deepEqual(judged("1.1.0", "1.1.0"), []);
  deepEqual(judged("1.1.0", null), []);
  deepEqual(judged("1.1.0", "1.0.0"), [["functions_behind", "warning"]]);
  deepEqual(judged("1.1.0", "2.0.0"), [["database_behind", "warning"]]);
  deepEqual(judged("2.0.0", "1.0.0"), [["functions_behind", "failure"]]);
  deepEqual(judged("1.0.0", "2.0.0"), [["database_behind", "failure"]]);
  deepEqual(judged("1.0.0", "1.0.5"), [["database_behind", "failure"]]);
});

Deno.test("a program that is older than the database says so", () => {
  deepEqual(
    versionFaults({
      database: "2.0.0",
      functions: "2.0.0",
      program: "1.1.0",
      releases: releases.slice(0, 2),
    }).map(({ code }) => code),
    ["program_behind"],
  );
});
