import assert from "node:assert/strict";
import { fingerprint, fingerprintOfRecipients } from "./fingerprint.ts";

// The tests of jobs.last_resort_target() expect the same values.

Deno.test("a place has the fingerprint that the database gives it", () => {
  assert.equal(
    fingerprint("https://hooks.slack.com/services/T0/B0/pgtap-secret"),
    "f675ad05",
  );
});

Deno.test("recipients have the fingerprint that the database gives them", () => {
  assert.equal(
    fingerprintOfRecipients(['"Doe, Jane" <Jane@x.example>', "b@x.example"]),
    "544b0ad6",
  );
});

Deno.test("order, names and capitals of recipients do not matter", () => {
  assert.equal(
    fingerprintOfRecipients(["b@x.example", "jane@x.example"]),
    "544b0ad6",
  );
  assert.notEqual(fingerprintOfRecipients(["b@x.example"]), "544b0ad6");
});
