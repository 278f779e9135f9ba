import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { join } from "node:path";
import { generateKeys } from "../stack/keys.ts";
import { JobsError } from "./errors.ts";
import { findDataTarget, findTarget } from "./target.ts";

const URL = "https://abc.supabase.co";
const KEY = "key-of-the-test-0123456789";

async function withFolder(
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The sentence with which a target is refused; no key is ever in it. */
async function problemOf(
  ...args: Parameters<typeof findTarget>
): Promise<string> {
  let problem = "";
  await rejects(findTarget(...args), (error) => {
    if (!(error instanceof JobsError)) return false;
    problem = error.message;
    return !problem.includes(KEY);
  });
  return problem;
}

Deno.test("a project is named by its address, with or without what follows", async () => {
  for (
    const url of [URL, `${URL}/`, `${URL}/functions/v1`, `${URL}/functions/v1/`]
  ) {
    const target = await findTarget({ url }, { DUEWATCH_KEY: KEY });
    equal(target.name, URL);
    equal(target.functionsUrl, `${URL}/functions/v1`);
    equal(target.key, KEY);
  }
});

Deno.test("a self-hosted project may live below a path", async () => {
  const url = "https://example.com/supabase/";
  const { functionsUrl } = await findTarget({ url }, { DUEWATCH_KEY: KEY });
  equal(functionsUrl, "https://example.com/supabase/functions/v1");
});

Deno.test("the address may come from the environment, and the option wins", async () => {
  const environment = { DUEWATCH_URL: URL, DUEWATCH_KEY: KEY };
  equal((await findTarget({}, environment)).name, URL);
  const other = "https://other.supabase.co";
  equal((await findTarget({ url: other }, environment)).name, other);
});

Deno.test("the key may come from a file, which wins, without its line break", () =>
  withFolder(async (folder) => {
    const keyFile = join(folder, "key");
    await Deno.writeTextFile(keyFile, `${KEY}\n`);
    const target = await findTarget({ url: URL, keyFile }, {
      DUEWATCH_KEY: "another",
    });
    equal(target.key, KEY);
    equal(target.keySource, keyFile);
  }));

Deno.test("a key file that is of no use is named", () =>
  withFolder(async (folder) => {
    const keyFile = join(folder, "key");
    const problem = () => problemOf({ url: URL, keyFile }, {});
    equal(await problem(), `There is no key file ${keyFile}.`);

    for (const text of ["", " \n", `${KEY}\n${KEY}`, `${KEY} x`, `${KEY}é`]) {
      await Deno.writeTextFile(keyFile, text);
      match(await problem(), /holds no usable key/);
    }
    match(
      await problemOf({ url: URL, keyFile: folder }, {}),
      /cannot be read: IsADirectory/,
    );
  }));

Deno.test("a key is sent only where it was given for", async () => {
  const problem = /There is no key for https:\/\/abc\.supabase\.co/;
  match(await problemOf({ url: URL }, {}), problem);
  match(await problemOf({ url: URL }, { DUEWATCH_KEY: "" }), problem);
});

Deno.test("a key is not sent unencrypted, except on this machine", async () => {
  const environment = { DUEWATCH_KEY: KEY };
  const at = (url: string) => findTarget({ url }, environment);
  match(
    await problemOf({ url: "http://abc.supabase.co" }, environment),
    /unencrypted/,
  );
  for (const host of ["127.0.0.1:54321", "localhost:54321", "[::1]:54321"]) {
    equal((await at(`http://${host}`)).name, `http://${host}`);
  }
});

Deno.test("an invalid address is refused without being repeated", async () => {
  const addresses = ["", "abc.supabase.co", "ftp://abc", KEY, "https://"];
  for (const url of addresses) {
    match(
      await problemOf({ url }, { DUEWATCH_KEY: KEY }),
      /The address of the project is not valid/,
    );
  }
  match(
    await problemOf({ url: `https://${KEY}@abc.supabase.co` }, {}),
    /must not hold a name or a password/,
  );
});

Deno.test("without an address it is the local stack, with its own key", () =>
  withFolder(async (folder) => {
    const environment = {
      DUEWATCH_STATE_DIR: folder,
      DUEWATCH_API_PORT: "4000",
    };
    match(await problemOf({}, environment), /There is no local stack/);

    const keys = generateKeys();
    await Deno.writeTextFile(join(folder, "keys.json"), JSON.stringify(keys));
    const { name, functionsUrl, key } = await findTarget({}, environment);
    deepEqual({ name, functionsUrl, key }, {
      name: "http://127.0.0.1:4000",
      functionsUrl: "http://127.0.0.1:4000/functions/v1",
      key: keys.jobsApiKey,
    });
    const withKey = { ...environment, DUEWATCH_KEY: KEY };
    equal((await findTarget({}, withKey)).key, KEY);
  }));

Deno.test("installments are read with a secret key, or the service-role key of an older project", async () => {
  const jwt = (role: string) =>
    `x.${btoa(JSON.stringify({ role })).replaceAll("=", "")}.x`;
  for (const key of ["sb_secret_0123456789abcdef", jwt("service_role")]) {
    const target = await findDataTarget({ url: URL }, { DUEWATCH_KEY: key });
    equal(target.dataUrl, `${URL}/rest/v1`);
    equal(target.key, key);
  }
  for (const key of [KEY, "sb_publishable_0123456789", jwt("anon"), "a.b.c"]) {
    await rejects(
      findDataTarget({ url: URL }, { DUEWATCH_KEY: key }),
      /^JobsError: DUEWATCH_KEY holds no secret key: .*A job key and a read key open the functions only\.$/s,
    );
  }
  await rejects(
    findDataTarget({ url: URL }, {}),
    /There is no key for .*: put the project's secret key/,
  );
});
