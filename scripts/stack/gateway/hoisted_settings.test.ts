import assert from "node:assert/strict";
import { calledFunction } from "./hoisted_settings.ts";

Deno.test("the called function is the last part of an RPC path", () => {
  assert.equal(calledFunction("/rest/v1/rpc/start_job_run"), "start_job_run");
  assert.equal(calledFunction("/rpc/start_job_run?a=1"), "start_job_run");
});

Deno.test("a request on a table calls no function", () => {
  assert.equal(calledFunction("/rest/v1/agencies"), null);
  assert.equal(calledFunction(undefined), null);
});
