import assert from "node:assert/strict";
import {
  databaseVariables,
  EnvironmentError,
  jobKeyVariables,
  keysOfProject,
  parseEnvironment,
  readerVariables,
  signInVariables,
  wallClockVariables,
} from "./environment.ts";

const OLD = "old-key-0123456789";
const NEW = "new-key-0123456789";
const THIRD = "third-key-0123456789";

const reading = (variables: Record<string, string>) => (name: string) =>
  variables[name];

Deno.test("keys are split at commas, trimmed, and blank ones dropped", () => {
  const environment = parseEnvironment(
    jobKeyVariables,
    reading({
      JOBS_API_KEY: ` ${OLD} , ,${NEW},`,
      SUPABASE_FUNCTION_KEY: THIRD,
    }),
  );
  assert.deepEqual(environment, {
    JOBS_API_KEY: [OLD, NEW],
    SUPABASE_FUNCTION_KEY: [THIRD],
  });
});

Deno.test("no keys, or only blanks, are an empty list", () => {
  for (const value of ["", " ", ",", " , "]) {
    const environment = parseEnvironment(
      jobKeyVariables,
      reading({ JOBS_API_KEY: value }),
    );
    assert.deepEqual(environment.JOBS_API_KEY, []);
  }
});

Deno.test("a key that no header can carry is refused without repeating it", () => {
  assert.throws(
    () =>
      parseEnvironment(
        jobKeyVariables,
        reading({ JOBS_API_KEY: `${NEW},b\u00e4d-key-0123456789` }),
      ),
    (error) => {
      assert(error instanceof EnvironmentError);
      assert.match(error.message, /JOBS_API_KEY\.1: .*visible ASCII/);
      assert.doesNotMatch(error.message, /0123456789/);
      return true;
    },
  );
});

Deno.test("a key of fewer than 16 characters is refused without repeating it", () => {
  for (
    const name of ["JOBS_API_KEY", "SUPABASE_FUNCTION_KEY", "JOBS_READ_KEY"]
  ) {
    const parse = (key: string) =>
      parseEnvironment(
        readerVariables,
        reading({ SUPABASE_URL: "http://127.0.0.1:1", [name]: key }),
      );
    assert.throws(() => parse(`${NEW}, fifteen-letters `), (error) => {
      assert(error instanceof EnvironmentError);
      assert.equal(
        error.message,
        "The function cannot start with this environment. " +
          `${name}.1: a key must have at least 16 characters.`,
      );
      return true;
    });
    parse("sixteen-letters-");
  }
});

Deno.test("the wall clock is 150 seconds unless set", () => {
  const seconds = (value: string) =>
    parseEnvironment(
      wallClockVariables,
      reading({ FUNCTION_WALL_CLOCK_SECONDS: value }),
    ).FUNCTION_WALL_CLOCK_SECONDS;
  assert.equal(seconds(""), 150);
  assert.equal(seconds("400"), 400);
});

Deno.test("a bad number stops the start with a sentence that names it", () => {
  for (const value of ["soon", "9", "-1", "12.5", "Infinity"]) {
    assert.throws(
      () =>
        parseEnvironment(
          wallClockVariables,
          reading({ FUNCTION_WALL_CLOCK_SECONDS: value }),
        ),
      {
        name: "EnvironmentError",
        message: /cannot start.*FUNCTION_WALL_CLOCK_SECONDS: must be /,
      },
      value,
    );
  }
});

Deno.test("the project's address must be a web address", () => {
  for (const SUPABASE_URL of ["", "localhost:54321", "postgres://host/db"]) {
    assert.throws(
      () => parseEnvironment(databaseVariables, reading({ SUPABASE_URL })),
      { message: /SUPABASE_URL: must be the http\(s\) address/ },
      SUPABASE_URL,
    );
  }
});

Deno.test("secret keys are read by name, and bad JSON is not repeated", () => {
  const parse = (SUPABASE_SECRET_KEYS: string) =>
    parseEnvironment(
      databaseVariables,
      reading({ SUPABASE_URL: "http://127.0.0.1:54321", SUPABASE_SECRET_KEYS }),
    ).SUPABASE_SECRET_KEYS;

  assert.deepEqual(parse('{"default":"sb_secret_1"}'), {
    default: "sb_secret_1",
  });
  assert.throws(() => parse("sb_secret_1"), (error) => {
    assert(error instanceof EnvironmentError);
    assert.match(error.message, /SUPABASE_SECRET_KEYS: must be a JSON object/);
    assert.doesNotMatch(error.message, /sb_secret_1/);
    return true;
  });
});

Deno.test("the keys that verify tokens are read in both forms, without private parts", () => {
  const key = {
    kty: "EC",
    kid: "1",
    alg: "ES256",
    crv: "P-256",
    x: "x",
    y: "y",
  };
  for (const form of [{ keys: [{ ...key, d: "private" }] }, [key]]) {
    const { SUPABASE_JWKS } = parseEnvironment(
      signInVariables,
      reading({ SUPABASE_JWKS: JSON.stringify(form) }),
    );
    assert.deepEqual(SUPABASE_JWKS, { keys: [key] });
  }
  for (const wrong of ["{", "{}", '"key"', '{"keys":[{}]}']) {
    assert.throws(
      () =>
        parseEnvironment(signInVariables, reading({ SUPABASE_JWKS: wrong })),
      { message: /SUPABASE_JWKS: must be a JSON Web Key Set/ },
      wrong,
    );
  }
});

Deno.test("a project without named keys has its legacy key as the default", () => {
  assert.deepEqual(keysOfProject({ web: "new" }, "old"), { web: "new" });
  assert.deepEqual(keysOfProject({}, "old"), { default: "old" });
  assert.deepEqual(keysOfProject({}, undefined), {});
});

Deno.test("white space around a value is dropped, and a blank value is not set", () => {
  const { SUPABASE_SERVICE_ROLE_KEY, SUPABASE_URL } = parseEnvironment(
    databaseVariables,
    reading({
      SUPABASE_URL: "\thttp://127.0.0.1:54321\r\n",
      SUPABASE_SERVICE_ROLE_KEY: " \n",
    }),
  );
  assert.equal(SUPABASE_URL, "http://127.0.0.1:54321");
  assert.equal(SUPABASE_SERVICE_ROLE_KEY, undefined);
});
