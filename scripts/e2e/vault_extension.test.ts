// The stand-in answers as the real extension does: where that is installed, the
// same tests run against it.
import { deepEqual, equal } from "node:assert/strict";
import type postgres from "postgres";
import { type Database, withDatabase } from "./support/database.ts";
import { failureOf } from "./support/failure.ts";
import { asSuperuser } from "./support/superuser.ts";

const isStandIn = await withDatabase(async (sql) => {
  const [{ found }] = await sql`
    select to_regproc('vault._derived_key') is not null as found
  `;
  return found;
});

const NAME = "end-to-end";
const REFUSED = "42501";

function test(
  sentence: string,
  work: (sql: Database) => Promise<void>,
  { ignore = false } = {},
): void {
  Deno.test({
    name: `vault: ${sentence}`,
    ignore,
    fn: () =>
      withDatabase(async (sql) => {
        try {
          await work(sql);
        } finally {
          await sql`delete from vault.secrets where name like ${`${NAME}%`}`;
        }
      }),
  });
}

async function create(
  sql: Database,
  { secret = "a secret", name = NAME, description = "" } = {},
): Promise<string> {
  const [{ id }] = await sql`
    select vault.create_secret(${secret}, ${name}, ${description}) as id
  `;
  return id;
}

async function read(sql: Database): Promise<postgres.Row[]> {
  const rows = await sql`
    select name, description, decrypted_secret as secret
    from vault.decrypted_secrets
    where name like ${`${NAME}%`}
  `;
  return rows.map((row) => ({ ...row }));
}

function asRole(
  sql: Database,
  role: string,
  work: (sql: postgres.TransactionSql) => Promise<unknown>,
): Promise<unknown> {
  return sql.begin(async (transaction) => {
    await transaction`set local role ${transaction(role)}`;
    return await work(transaction);
  });
}

test("a secret is created, read, changed in part and deleted", async (sql) => {
  const secret = "Grüße 😀 'quoted'";
  const id = await create(sql, { secret, description: "first" });
  deepEqual(await read(sql), [{ name: NAME, description: "first", secret }]);

  await sql`select vault.update_secret(${id}::uuid, new_secret => 'changed')`;
  deepEqual(await read(sql), [
    { name: NAME, description: "first", secret: "changed" },
  ]);

  const name = `${NAME} renamed`;
  await sql`select vault.update_secret(${id}::uuid, new_name => ${name})`;
  deepEqual(await read(sql), [
    { name, description: "first", secret: "changed" },
  ]);

  await sql`delete from vault.secrets where id = ${id}`;
  deepEqual(await read(sql), []);
});

test("a name that exists is refused, and its secret does not change", async (sql) => {
  await create(sql, { secret: "the first" });
  const second = create(sql, { secret: "the second" });
  equal((await failureOf(second)).code, "23505");
  deepEqual((await read(sql)).map(({ secret }) => secret), ["the first"]);
});

test("secrets are stored encrypted, and equal secrets differ", async (sql) => {
  const secret = "an unmistakable secret";
  await create(sql, { secret });
  await create(sql, { secret, name: `${NAME} again` });
  const stored = await sql`
    select secrets.secret, secrets::text as row
    from vault.secrets
    where name like ${`${NAME}%`}
  `;
  equal(stored.length, 2);
  for (const { row } of stored) {
    equal(row.includes(secret), false);
    equal(row.includes(btoa(secret)), false);
  }
  equal(new Set(stored.map((row) => row.secret)).size, 2);
});

test("anon and authenticated can neither read, create, change nor delete", async (sql) => {
  const id = await create(sql);
  for (const role of ["anon", "authenticated"]) {
    const attempts = [
      (as: postgres.TransactionSql) => as`select from vault.decrypted_secrets`,
      (as: postgres.TransactionSql) => as`select from vault.secrets`,
      (as: postgres.TransactionSql) => as`select vault.create_secret('x')`,
      (as: postgres.TransactionSql) =>
        as`select vault.update_secret(${id}::uuid, 'x')`,
      (as: postgres.TransactionSql) => as`delete from vault.secrets`,
    ];
    for (const attempt of attempts) {
      const { code } = await failureOf(asRole(sql, role, attempt));
      equal(code, REFUSED);
    }
  }
  equal((await read(sql))[0].secret, "a secret");
});

test("postgres and service_role can read, and write only through the functions", async (sql) => {
  await create(sql);
  for (const role of ["postgres", "service_role"]) {
    await asRole(sql, role, async (as) => {
      const [{ secret }] = await as`
        select decrypted_secret as secret
        from vault.decrypted_secrets
        where name = ${NAME}
      `;
      equal(secret, "a secret");
    });
    const inserted = asRole(
      sql,
      role,
      (as) => as`insert into vault.secrets (secret) values ('plain')`,
    );
    equal((await failureOf(inserted)).code, REFUSED);
    const updated = asRole(
      sql,
      role,
      (as) => as`update vault.secrets set secret = 'plain'`,
    );
    equal((await failureOf(updated)).code, REFUSED);
  }
  equal((await read(sql))[0].secret, "a secret");
});

test("a secret of another root key can neither be read nor changed, only replaced", async (sql) => {
  const id = await create(sql);
  // To decrypt with another nonce fails in the same way as with another key.
  await asSuperuser((superuser) =>
    superuser`
      update vault.secrets set nonce = ${new Uint8Array(16)} where id = ${id}
    `
  );
  const attempts = [
    read(sql),
    sql`select vault.update_secret(${id}::uuid, 'another')`,
    sql`select vault.update_secret(${id}::uuid, new_name => 'end-to-end 2')`,
  ];
  for (const attempt of attempts) {
    const { code, message } = await failureOf(attempt);
    equal(code, "22000");
    equal(
      message,
      "pgsodium_crypto_aead_det_decrypt_by_id: invalid ciphertext",
    );
  }
  await sql`delete from vault.secrets where id = ${id}`;
  await create(sql, { secret: "another" });
  equal((await read(sql))[0].secret, "another");
});

test("only the owner can read the key", async (sql) => {
  const { code } = await failureOf(
    sql`select vault._derived_key('\\x00', '\\x00')`,
  );
  equal(code, REFUSED);
}, { ignore: !isStandIn });
