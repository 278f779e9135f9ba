import { deepEqual, doesNotMatch, equal, throws } from "node:assert/strict";
import postgres from "postgres";
import { isRefusal, parseDatabaseUrl, UnusableAddress } from "./database.ts";

Deno.test("the summary holds host, port and encryption, not user and password", () => {
  const { connection: _, ...summary } = parseDatabaseUrl(
    "postgresql://someone:secret@db.example.com:5433/postgres?sslmode=require",
  );
  deepEqual(summary, { host: "db.example.com", port: 5433, encrypted: true });
});

Deno.test("without a port it is 5432, and without sslmode nothing is encrypted", () => {
  const { connection: _, ...summary } = parseDatabaseUrl(
    "postgres://someone:secret@db.example.com/postgres",
  );
  deepEqual(summary, { host: "db.example.com", port: 5432, encrypted: false });
});

Deno.test("sslmode means what it means to psql", () => {
  const base = "postgresql://someone:secret@db.example.com/postgres";
  const sslOf = (parameters: string) =>
    parseDatabaseUrl(base + parameters).connection.ssl;

  deepEqual(sslOf("?sslmode=require"), { rejectUnauthorized: false });
  deepEqual(sslOf("?sslmode=verify-full"), {});
  equal(sslOf("?sslmode=disable"), false);
});

const UNUSABLE = {
  "another protocol": "https://someone:secret@db.example.com/",
  "no protocol": "someone:secret@db.example.com",
  "an impossible port": "postgresql://someone:secret@db.example.com:99999/",
  "the transaction pooler": "postgresql://someone:secret@db.example.com:6543/",
  "the transaction pooler as a parameter":
    "postgresql://someone:secret@db.example.com/postgres?port=6543",
  "a parameter for TLS that would be ignored":
    "postgresql://someone:secret@db.example.com/postgres?ssl=true",
  "an unknown sslmode":
    "postgresql://someone:secret@db.example.com/postgres?sslmode=secret",
  "verify-ca without a certificate":
    "postgresql://someone:secret@db.example.com/postgres?sslmode=verify-ca",
  "a certificate that is not there":
    "postgresql://someone:secret@db.example.com/?sslmode=verify-full&sslrootcert=/secret.crt",
};

for (const [what, address] of Object.entries(UNUSABLE)) {
  Deno.test(`${what} is refused without repeating the address`, () => {
    throws(() => parseDatabaseUrl(address), (error) => {
      equal(error instanceof UnusableAddress, true);
      doesNotMatch(String(error), /secret|someone|example\.com/);
      return true;
    });
  });
}

function databaseError(code: string, message = "…"): Error {
  return Reflect.construct(postgres.PostgresError, [{ code, message }]);
}

Deno.test("a wrong user, password or database is a refusal, also in the pooler's words", () => {
  for (
    const error of [
      databaseError("28P01"),
      databaseError("28000"),
      databaseError("3D000"),
      databaseError("XX000", "Tenant or user not found"),
      databaseError(
        "XX000",
        "Circuit breaker open: too many authentication failures",
      ),
    ]
  ) equal(isRefusal(error), true, String(error));
});

Deno.test("a server that is starting, full or out of reach is no refusal", () => {
  for (
    const error of [
      databaseError("57P03"),
      databaseError("53300"),
      databaseError("XX000"),
      new Error("connect ECONNREFUSED 127.0.0.1:5432"),
    ]
  ) equal(isRefusal(error), false, String(error));
});
