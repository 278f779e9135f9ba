import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import type { JWTPayload } from "jose";
import { createClient } from "@supabase/supabase-js";
import { callFunction, type FunctionRequest } from "./call_function.ts";
import type { Database } from "./database.ts";
import type { Answer } from "./functions.ts";
import { keys, urls } from "./stack.ts";
import { signIn } from "./users.ts";

type Headers = NonNullable<FunctionRequest["headers"]>;

/**
 * Asserts that an answer is an error in the standard form.
 *
 * @returns its message.
 */
export function assertError(
  answer: Answer,
  statusCode: number,
  code: string,
): string {
  equal(answer.status, statusCode, JSON.stringify(answer.body));
  const { message, ...error } = answer.body.error;
  deepEqual(error, { code, statusCode });
  notEqual(message, "");
  equal(answer.headers.get("access-control-allow-origin"), "*");
  equal(answer.headers.get("cache-control"), "no-store");
  return message;
}

/**
 * Asserts that a function answers only callers who may read, whatever their
 * credentials.
 *
 * @param slug the name of the function.
 * @param assertAnswer checks the answer that they get.
 */
export async function assertOnlyReadersAreLetIn(
  sql: Database,
  slug: string,
  assertAnswer: (answer: Answer) => void,
): Promise<void> {
  for (const headers of await opening(sql)) {
    assertAnswer(await callFunction(slug, { headers }));
  }
  for (const headers of await closed(sql)) {
    const answer = await callFunction(slug, { headers });
    assertError(answer, 401, "unauthorized");
    match(answer.headers.get("www-authenticate") ?? "", /^Bearer /);
  }
  for (const role of ["finance", null]) {
    const headers = bearer(await signIn(sql, { role }));
    const answer = await callFunction(slug, { headers });
    match(assertError(answer, 403, "forbidden"), /role admin/);
  }
  await assertBrowserReads(sql, slug);
}

async function opening(sql: Database): Promise<Headers[]> {
  const { readKey, jobsApiKey, secretKey, publishableKey } = await keys();
  const admin = await signIn(sql, { role: "admin" });
  return [
    { "X-API-Key": readKey },
    bearer(readKey),
    { "X-API-Key": jobsApiKey },
    bearer(jobsApiKey),
    { apikey: secretKey },
    { apikey: secretKey, ...bearer(secretKey) },
    bearer(admin),
    { apikey: publishableKey, ...bearer(admin) },
  ];
}

// Such a token is signed well and names no user or role of this project.
const UNUSABLE_CLAIMS: readonly JWTPayload[] = [
  { sub: "user-1" },
  { sub: "" },
  { role: "nobody" },
  { role: "" },
  { role: "postgres" },
  { role: "anon" },
  { role: 7 },
  { role: "a\u0000b" },
  { email: "a\u0000b@example.com" },
];

async function closed(sql: Database): Promise<Headers[]> {
  const { readKey, jobsApiKey, secretKey, publishableKey } = await keys();
  const admin = await signIn(sql, { role: "admin" });
  return [
    {},
    { "X-API-Key": "" },
    { "X-API-Key": readKey.slice(0, -1) },
    { "X-API-Key": secretKey },
    { "X-API-Key": admin },
    { apikey: readKey },
    { apikey: publishableKey },
    { apikey: publishableKey, ...bearer(publishableKey) },
    bearer("wrong"),
    bearer(await signIn(sql, { role: "admin", expires: "-1s" })),
    bearer(await signIn(sql, { role: "admin", secret: jobsApiKey })),
    ...await Promise.all(
      UNUSABLE_CLAIMS.map(async (claims) =>
        bearer(await signIn(sql, { role: "admin", claims }))
      ),
    ),
    bearer(admin.slice(0, admin.lastIndexOf("."))),
  ];
}

async function assertBrowserReads(sql: Database, slug: string): Promise<void> {
  const { publishableKey } = await keys();
  const token = await signIn(sql, { role: "admin" });
  const dashboard = createClient(urls.apiUrl, publishableKey, {
    accessToken: () => Promise.resolve(token),
  });
  const { data, error } = await dashboard.functions.invoke(slug, {
    method: "GET",
  });
  equal(error, null);
  equal(typeof data, "object");
}

function bearer(token: string): Headers {
  return { Authorization: `Bearer ${token}` };
}
