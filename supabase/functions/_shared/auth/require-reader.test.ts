import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { parseEnvironment, readerVariables } from "../environment.ts";
import { createFunctionApp } from "../http/app.ts";
import { createLogger } from "../logger.ts";
import { type FakeProject, startFakeProject } from "../testing/fake-project.ts";
import { type Reader, requireReader } from "./require-reader.ts";
import { nearMisses, sha256, watchComparisons } from "./testing/keys.ts";

const USER = "11111111-1111-4111-8111-111111111111";
const KEYS = {
  JOBS_READ_KEY: "read-key-1-0123456789, read-key-2-0123456789",
  JOBS_API_KEY: "job-key-0123456789",
  SUPABASE_FUNCTION_KEY: "older-name-key-0123456789",
  SUPABASE_SECRET_KEYS: '{"default":"sb_secret_1","reports":"sb_secret_2"}',
  SUPABASE_SERVICE_ROLE_KEY: "legacy.service-role.key",
  SUPABASE_PUBLISHABLE_KEYS: '{"default":"sb_publishable_1"}',
};

type Fields = Readonly<Record<string, string>>;

interface Door {
  readonly project: FakeProject;
  /** What was logged, one text. */
  readonly logged: () => string;
  /** Who was let in last. */
  readonly reader: () => Reader | undefined;
  readonly knock: (headers: Fields) => Promise<Response>;
}

async function atDoor(
  test: (door: Door) => Promise<void>,
  environment: (project: FakeProject) => Fields = ({ url, jwks }) => ({
    ...KEYS,
    SUPABASE_URL: url,
    SUPABASE_JWKS: jwks,
  }),
): Promise<void> {
  await using project = await startFakeProject();
  const given = environment(project);
  const lines: string[] = [];
  const log = createLogger((_, line) => lines.push(line));
  let reader: Reader | undefined;

  const app = createFunctionApp("GET", log);
  app.get(
    "*",
    requireReader(parseEnvironment(readerVariables, (name) => given[name])),
    (context) => {
      reader = context.get("reader");
      return context.text("come in");
    },
  );
  await test({
    project,
    logged: () => lines.join("\n"),
    reader: () => reader,
    knock: async (headers) =>
      await app.fetch(new Request("http://localhost/report", { headers })),
  });
}

async function assertRefused(
  response: Response,
  statusCode: number,
  code: string,
): Promise<{ readonly message: string }> {
  assert.equal(response.status, statusCode);
  assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*");
  const { error } = await response.json();
  assert.deepEqual({ ...error, message: "" }, {
    code,
    statusCode,
    message: "",
  });
  return error;
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const fromBrowser = (token: string) => ({
  apikey: "sb_publishable_1",
  ...bearer(token),
});

const opening: Fields[] = [
  ...[
    "read-key-1-0123456789",
    "read-key-2-0123456789",
    "job-key-0123456789",
    "older-name-key-0123456789",
  ].flatMap((
    key,
  ) => [{ "X-API-Key": key }, bearer(key)]),
  ...["sb_secret_1", "sb_secret_2", "legacy.service-role.key"].flatMap((
    apikey,
  ) => [
    { apikey },
    bearer(apikey),
    // What supabase-js makes of it.
    { apikey, ...bearer(apikey) },
  ]),
];

for (const headers of opening) {
  Deno.test(`${JSON.stringify(headers)} opens, and a key came`, () =>
    atDoor(async ({ knock, reader, project }) => {
      assert.equal((await knock(headers)).status, 200);
      const seesDetails = !JSON.stringify(headers).includes("read-key");
      assert.deepEqual(reader(), { kind: "key", seesDetails });
      assert.deepEqual(project.requests, []);
    }));
}

const closed: Fields[] = [
  {},
  { "X-API-Key": "" },
  { "X-API-Key": "wrong" },
  { "X-API-Key": "READ-KEY-1" },
  { "X-API-Key": "read-key-1-0123456789, read-key-2-0123456789" },
  { "X-API-Key": "sb_secret_1" },
  { "X-API-Key": "legacy.service-role.key" },
  bearer("wrong"),
  bearer(""),
  bearer("sb_secret_3"),
  { "X-API-Key": "wrong", ...bearer("sb_secret_1") },
  { Authorization: "Basic read-key-1-0123456789" },
  { apikey: "" },
  { apikey: "read-key-1-0123456789" },
  { apikey: "job-key-0123456789" },
  { apikey: "sb_secret_3" },
  { apikey: "sb_publishable_1" },
  { apikey: "sb_publishable_1", ...bearer("sb_publishable_1") },
  // An X-API-Key is the caller's whole word.
  { "X-API-Key": "wrong", ...bearer("read-key-1-0123456789") },
  { "X-API-Key": "", apikey: "sb_secret_1" },
];

for (const headers of closed) {
  Deno.test(`${JSON.stringify(headers)} does not open`, () =>
    atDoor(async ({ knock, reader, project }) => {
      const response = await knock(headers);
      assert.match(response.headers.get("WWW-Authenticate") ?? "", /^Bearer /);
      await assertRefused(response, 401, "unauthorized");
      assert.equal(reader(), undefined);
      assert.deepEqual(project.requests, []);
    }));
}

Deno.test("what is nearly a key does not open, in none of the headers", () =>
  atDoor(async ({ knock, reader }) => {
    for (const wrong of nearMisses("read-key-1-0123456789")) {
      for (const headers of [{ "X-API-Key": wrong }, bearer(wrong)]) {
        const { status } = await knock(headers);
        assert.equal(status, 401, JSON.stringify(headers));
      }
    }
    for (const apikey of nearMisses("sb_secret_1")) {
      assert.equal((await knock({ apikey })).status, 401, apikey);
      assert.equal((await knock(bearer(apikey))).status, 401, apikey);
    }
    assert.equal(reader(), undefined);
  }));

Deno.test("a key is compared in constant time with every accepted key", () =>
  atDoor(async ({ knock }) => {
    const readersKeys = [
      "read-key-1-0123456789",
      "read-key-2-0123456789",
      "job-key-0123456789",
      "older-name-key-0123456789",
    ];
    const secretKeys = [
      "sb_secret_1",
      "sb_secret_2",
      "legacy.service-role.key",
    ];
    using comparisons = watchComparisons();
    for (
      const [name, keys] of [
        ["X-API-Key", readersKeys],
        ["apikey", secretKeys],
      ] as const
    ) {
      for (const presented of [...keys, "wrong"]) {
        await knock({ [name]: presented });
        assert.deepEqual(
          comparisons.take(),
          keys.map((key) => [sha256(presented), sha256(key)]),
        );
      }
    }
  }));

Deno.test("without configured keys every key is refused, and the log says what to set", () =>
  atDoor(
    async ({ knock, logged, reader }) => {
      for (
        const headers of [
          { "X-API-Key": "" },
          { "X-API-Key": "read-key-1-0123456789" },
          bearer("undefined"),
        ]
      ) {
        const { message } = await assertRefused(
          await knock(headers),
          503,
          "not_configured",
        );
        assert.match(message, /secrets set JOBS_READ_KEY=/);
      }
      assert.match(logged(), /"level":"error".*JOBS_READ_KEY/);
      await assertRefused(await knock({}), 401, "unauthorized");
      assert.equal(reader(), undefined);

      assert.equal((await knock({ apikey: "sb_secret_1" })).status, 200);
    },
    ({ url, jwks }) => ({
      ...KEYS,
      JOBS_READ_KEY: " , ",
      JOBS_API_KEY: "",
      SUPABASE_FUNCTION_KEY: "",
      SUPABASE_URL: url,
      SUPABASE_JWKS: jwks,
    }),
  ));

for (const algorithm of ["ES256", "HS256"] as const) {
  Deno.test(`an admin's ${algorithm} token opens, and the admin's own client came`, () =>
    atDoor(async ({ knock, reader, project }) => {
      project.admins.add(USER);
      const token = await project.tokenOf({ subject: USER, algorithm });
      assert.equal((await knock(fromBrowser(token))).status, 200);

      const who = reader();
      assert(who?.kind === "admin");
      await who.client.from("jobs_log").select("id");
      const asUser = {
        apikey: "sb_publishable_1",
        authorization: `Bearer ${token}`,
      };
      assert.deepEqual(project.requests, [
        { path: "/rest/v1/user_roles", ...asUser },
        { path: "/rest/v1/jobs_log", ...asUser },
      ]);
    }));
}

Deno.test("supabase-js calls the function with an admin's session", () =>
  atDoor(async ({ knock, project }) => {
    project.admins.add(USER);
    const token = await project.tokenOf({ subject: USER });
    const dashboard = createClient(project.url, "sb_publishable_1", {
      accessToken: () => Promise.resolve(token),
      global: {
        fetch: (_, init) =>
          knock(Object.fromEntries(new Headers(init?.headers))),
      },
    });
    const { data, error } = await dashboard.functions.invoke("report", {
      method: "GET",
    });
    assert.equal(error, null);
    assert.equal(data, "come in");
  }));

Deno.test("a signed-in user who is no admin gets 403", () =>
  atDoor(async ({ knock, project, reader }) => {
    project.admins.add(USER);
    const response = await knock(fromBrowser(await project.tokenOf()));
    const { message } = await assertRefused(response, 403, "forbidden");
    assert.match(message, /signed in.* role admin in user_roles/);
    assert.equal(reader(), undefined);
  }));

const badTokens: {
  name: string;
  token: (project: FakeProject) => Promise<string> | string;
  reason: RegExp;
}[] = [
  {
    name: "an expired token",
    token: (project) => project.tokenOf({ subject: USER, expiresIn: -1 }),
    reason: /expired/,
  },
  {
    name: "a token that a stranger signed",
    token: (project) => project.tokenOf({ subject: USER, forged: true }),
    reason: /signature/,
  },
  {
    name: "a token that a stranger signed with a secret",
    token: (project) =>
      project.tokenOf({ subject: USER, forged: true, algorithm: "HS256" }),
    reason: /signature/,
  },
  {
    name: "a token with the name of one key and the algorithm of another",
    token: (project) =>
      project.tokenOf({
        subject: USER,
        algorithm: "HS256",
        keyId: "current",
      }),
    reason: /no HS256 key/,
  },
  {
    name: "a token of another project",
    token: (project) => project.tokenOf({ subject: USER, keyId: "other" }),
    reason: /kid/,
  },
  {
    name: "a token without a signature",
    token: async (project) => {
      const [, payload] = (await project.tokenOf({ subject: USER })).split(".");
      return `${btoa('{"alg":"none","kid":"current"}')}.${payload}.AA`;
    },
    reason: /algorithm|malformed/,
  },
  {
    name: "a token for somebody who is not signed in",
    token: (project) => project.tokenOf({ claims: { aud: "anon" } }),
    reason: /aud/,
  },
  {
    name: "a token of no user, such as a legacy anon key",
    token: (project) => project.tokenOf({ claims: { sub: undefined } }),
    reason: /sub/,
  },
  {
    name: "a token whose user has no UUID",
    token: (project) => project.tokenOf({ subject: "user-1" }),
    reason: /sub must be the UUID of a user/,
  },
  {
    name: "a token whose role is no text",
    token: (project) =>
      project.tokenOf({ subject: USER, claims: { role: ["authenticated"] } }),
    reason: /role must be the name of a role/,
  },
  {
    name: "a token without a role",
    token: (project) =>
      project.tokenOf({ subject: USER, claims: { role: undefined } }),
    reason: /role must be the name of a role/,
  },
  { name: "three words", token: () => "a.b.c", reason: /header/ },
];

for (const { name, token, reason } of badTokens) {
  Deno.test(`${name} is refused with the reason`, () =>
    atDoor(async ({ knock, project, reader }) => {
      project.admins.add(USER);
      const response = await knock(fromBrowser(await token(project)));
      assert.match(
        response.headers.get("WWW-Authenticate") ?? "",
        /error="invalid_token"/,
      );
      const { message } = await assertRefused(response, 401, "unauthorized");
      assert.match(message, reason);
      assert.equal(reader(), undefined);
      assert.deepEqual(project.requests, []);
    }));
}

Deno.test("an admin's token is no key", () =>
  atDoor(async ({ knock, project }) => {
    project.admins.add(USER);
    const token = await project.tokenOf({ subject: USER });
    for (const header of ["X-API-Key", "apikey"]) {
      await assertRefused(
        await knock({ [header]: token }),
        401,
        "unauthorized",
      );
    }
  }));

Deno.test("the keys of a token's project are fetched where the platform gives none", () =>
  atDoor(
    async ({ knock, project }) => {
      project.admins.add(USER);
      const token = await project.tokenOf({ subject: USER });
      assert.equal((await knock(bearer(token))).status, 200);
      assert.deepEqual(project.requests.map(({ path }) => path), [
        "/auth/v1/.well-known/jwks.json",
        "/rest/v1/user_roles",
      ]);
    },
    ({ url }) => ({ ...KEYS, SUPABASE_URL: url }),
  ));

Deno.test("a token that cannot be verified now is a 503, and keys work on", () =>
  atDoor(
    async ({ knock, project, logged }) => {
      const token = await project.tokenOf({ subject: USER });
      await assertRefused(
        await knock(bearer(token)),
        503,
        "sign_in_unavailable",
      );
      assert.match(logged(), /"level":"error".*unverifiable_token/);
      assert.equal((await knock(bearer("read-key-1-0123456789"))).status, 200);
    },
    ({ url }) => ({ ...KEYS, SUPABASE_URL: `${url}/nowhere` }),
  ));

Deno.test("a project of the legacy sort knows its two keys", () =>
  atDoor(
    async ({ knock, project }) => {
      project.admins.add(USER);
      const serviceRole = { apikey: "legacy.service-role.key" };
      assert.equal((await knock(serviceRole)).status, 200);

      const token = await project.tokenOf({
        subject: USER,
        algorithm: "HS256",
      });
      assert.equal((await knock(bearer(token))).status, 200);
      assert.equal(project.requests.at(-1)?.apikey, "legacy.anon.key");
      await assertRefused(
        await knock({ apikey: "legacy.anon.key" }),
        401,
        "unauthorized",
      );
    },
    ({ url, jwks }) => ({
      SUPABASE_URL: url,
      SUPABASE_JWKS: jwks,
      SUPABASE_SERVICE_ROLE_KEY: "legacy.service-role.key",
      SUPABASE_ANON_KEY: "legacy.anon.key",
      JOBS_READ_KEY: "read-key-1-0123456789",
    }),
  ));

const roleFailures: {
  name: string;
  answer: () => Response;
  statusCode: number;
  code: string;
}[] = [
  {
    name: "no database is a 503",
    answer: () =>
      Response.json({ code: "PGRST001", message: "no connection" }, {
        status: 503,
      }),
    statusCode: 503,
    code: "database_unavailable",
  },
  {
    name: "a table that users may not read is a 500",
    answer: () =>
      Response.json({ code: "42501", message: "permission denied" }, {
        status: 403,
      }),
    statusCode: 500,
    code: "database_error",
  },
  {
    name: "a token that the Data API refuses is a 401",
    answer: () =>
      Response.json({ code: "PGRST303", message: "JWT expired" }, {
        status: 401,
      }),
    statusCode: 401,
    code: "unauthorized",
  },
];

for (const { name, answer, statusCode, code } of roleFailures) {
  Deno.test(`while an admin's role is looked up, ${name}`, () =>
    atDoor(async ({ knock, project, reader }) => {
      project.dataApiAnswers = answer;
      const token = await project.tokenOf({ subject: USER });
      await assertRefused(await knock(bearer(token)), statusCode, code);
      assert.equal(reader(), undefined);
      assert.equal(project.requests.length, 1);
    }));
}

for (
  const [role, code, message] of [
    ["nobody", "22023", 'role "nobody" does not exist'],
    ["postgres", "42501", 'permission denied to set role "postgres"'],
    ["anon", "42501", "permission denied for table user_roles"],
  ]
) {
  Deno.test(`a token with the role ${role}, for which the database answers ${code}, is a 401`, () =>
    atDoor(async ({ knock, project, reader }) => {
      project.admins.add(USER);
      project.dataApiAnswers = () =>
        Response.json({ code, message }, { status: 400 });
      const token = await project.tokenOf({ subject: USER, claims: { role } });
      const response = await knock(bearer(token));
      assert.match(
        response.headers.get("WWW-Authenticate") ?? "",
        /error="invalid_token"/,
      );
      const { message: said } = await assertRefused(
        response,
        401,
        "unauthorized",
      );
      assert.equal(said, "The token's role cannot read user_roles.");
      assert.equal(reader(), undefined);
    }));
}

Deno.test("neither an accepted nor a refused credential is logged", () =>
  atDoor(async ({ knock, project, logged }) => {
    project.admins.add(USER);
    const tokens = [
      await project.tokenOf({ subject: USER }),
      await project.tokenOf({ subject: USER, forged: true }),
      await project.tokenOf({ subject: USER, expiresIn: -1 }),
    ];
    const presented = [...opening, ...closed, ...tokens.map(bearer)];
    for (const headers of presented) {
      await (await knock(headers)).body?.cancel();
    }
    assert.match(logged(), /request_refused/);
    const secrets = [
      "read-key",
      "job-key-0123456789",
      "older-name-key-0123456789",
      "sb_secret",
      "legacy.service",
      ...tokens.flatMap((token) => token.split(".").slice(1)),
    ];
    for (const secret of secrets) {
      assert.equal(logged().includes(secret), false, secret);
    }
  }));

Deno.test("without a public key the start stops and names both variables", () =>
  assert.rejects(
    atDoor(() => Promise.resolve(), ({ url }) => ({
      SUPABASE_URL: url,
      SUPABASE_SECRET_KEYS: KEYS.SUPABASE_SECRET_KEYS,
    })),
    {
      name: "EnvironmentError",
      message: /SUPABASE_PUBLISHABLE_KEYS and SUPABASE_ANON_KEY/,
    },
  ));
