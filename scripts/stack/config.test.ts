import assert from "node:assert/strict";
import { configEnvironment, readConfig, stackUrls } from "./config.ts";
import { StackError } from "./errors.ts";

Deno.test("without variables the ports are Supabase's own", () => {
  const config = readConfig({});
  assert.equal(config.stateDir, `${config.repoDir}/.stack`);
  assert.equal(stackUrls(config).apiUrl, "http://127.0.0.1:54321");
  assert.match(stackUrls(config).databaseUrl, /@127\.0\.0\.1:54322\/postgres$/);
});

Deno.test("another process that is given the variables sees the same stack", () => {
  const config = readConfig({
    DUEWATCH_STATE_DIR: "/tmp/stack",
    DUEWATCH_API_PORT: "5000",
    DUEWATCH_DB_PORT: "5001",
    DUEWATCH_FUNCTIONS_ENV: "/tmp/functions.env",
    DUEWATCH_POSTPONE_JOBS: "yes",
  });
  assert.equal(config.postponeJobs, true);
  assert.equal(config.functionsEnvFile, "/tmp/functions.env");
  assert.deepEqual(readConfig(configEnvironment(config)), config);
});

Deno.test("the secrets of the functions are where the Supabase CLI has them", () => {
  const { functionsEnvFile, repoDir } = readConfig({});
  assert.equal(functionsEnvFile, `${repoDir}/supabase/functions/.env`);
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

Deno.test("white space around a variable is dropped", () => {
  const { apiPort, postponeJobs } = readConfig({
    DUEWATCH_API_PORT: " 5000\n",
    DUEWATCH_POSTPONE_JOBS: " ",
  });
  assert.equal(apiPort, 5000);
  assert.equal(postponeJobs, false);
});
