import assert from "node:assert/strict";
import { readConfig, stackUrls } from "./config.ts";
import { StackError } from "./errors.ts";

Deno.test("without variables the ports are Supabase's own", () => {
  const config = readConfig({});
  assert.equal(config.stateDir, `${config.repoDir}/.stack`);
  assert.equal(stackUrls(config).apiUrl, "http://127.0.0.1:54321");
  assert.match(stackUrls(config).databaseUrl, /@127\.0\.0\.1:54322\/postgres$/);
});

Deno.test("a port that is no port is refused by the variable's name", () => {
  assert.throws(
    () => readConfig({ DUEWATCH_API_PORT: "http" }),
    (error: unknown) =>
      error instanceof StackError && /DUEWATCH_API_PORT/.test(error.message),
  );
});

Deno.test("gateway and database cannot share a port", () => {
  const same = { DUEWATCH_API_PORT: "5000", DUEWATCH_DB_PORT: "5000" };
  assert.throws(() => readConfig(same), StackError);
});
