import assert from "node:assert/strict";
import { corsHeaders } from "@supabase/supabase-js/cors";
import { createLogger } from "../logger.ts";
import { createFunctionApp } from "./app.ts";

Deno.test("a preflight allows what supabase-js may send, and the function's own headers", async () => {
  const app = createFunctionApp("GET", createLogger(() => {}));
  const response = await app.fetch(
    new Request("http://localhost/", { method: "OPTIONS" }),
  );
  const allowed = response.headers.get("Access-Control-Allow-Headers")
    ?.split(/, ?/) ?? [];
  const sent = corsHeaders["Access-Control-Allow-Headers"].split(", ");
  assert.deepEqual(
    allowed.toSorted(),
    [
      ...sent,
      "x-api-key",
      "x-run-id",
      "x-database",
    ].sort(),
  );
  for (const header of ["apikey", "x-client-info", "x-retry-count"]) {
    assert(allowed.includes(header), header);
  }
});
