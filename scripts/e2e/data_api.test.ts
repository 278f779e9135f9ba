import { deepEqual, equal, ok } from "node:assert/strict";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { SignJWT } from "jose";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { keys, urls } from "./support/stack.ts";

const RPCS = {
  update_installment_statuses: {},
  start_job_run: { job_name: "update-installment-statuses" },
  process_installment_batch: { run_id: crypto.randomUUID() },
  finish_job_run: { run_id: crypto.randomUUID() },
} as const;

/** A signed-in user with a role, as the Data API sees one. */
async function signIn(
  sql: Database,
  role: string | null,
  agencyId: string | null = null,
): Promise<SupabaseClient> {
  const { publishableKey, jwtSecret, jwtKeyId } = await keys();
  const userId = crypto.randomUUID();
  await sql`
    insert into auth.users (id, email)
    values (${userId}, ${`${userId}@example.com`})
  `;
  if (role !== null) {
    await sql`
      insert into public.user_roles (user_id, role, agency_id)
      values (${userId}, ${role}, ${agencyId})
    `;
  }
  const token = await new SignJWT({ role: "authenticated" })
    .setProtectedHeader({ alg: "HS256", kid: jwtKeyId, typ: "JWT" })
    .setSubject(userId)
    .setAudience("authenticated")
    .setExpirationTime("5m")
    .sign(new TextEncoder().encode(jwtSecret));
  return createClient(urls.apiUrl, publishableKey, {
    accessToken: () => Promise.resolve(token),
  });
}

async function logARun(sql: Database): Promise<void> {
  await sql`
    insert into public.jobs_log (job_name, started_at, status)
    values ('any-job', now(), 'success')
  `;
}

Deno.test("anonymous callers can neither read the job log nor call a function", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await logARun(sql);
    const anonymous = createClient(urls.apiUrl, (await keys()).publishableKey);

    ok((await anonymous.from("jobs_log").select()).error);
    ok((await anonymous.from("agencies").select()).error);
    for (const [name, args] of Object.entries(RPCS)) {
      ok((await anonymous.rpc(name, args)).error, name);
    }
  }));

Deno.test("a member sees the installments of their agency and no job log", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await logARun(sql);
    const own = await insertAgency(sql, { name: "Own" });
    const other = await insertAgency(sql, { name: "Other" });
    await insertInstallments(sql, own, { count: 2 });
    await insertInstallments(sql, other, { count: 3 });
    const member = await signIn(sql, "finance", own.id);

    const agencies = await member.from("agencies").select("name");
    deepEqual(agencies.data, [{ name: "Own" }]);
    const due = await member.from("installments_due").select();
    equal(due.data?.length, 2);
    equal(due.data?.every((row) => row.is_overdue_now), true);

    deepEqual((await member.from("jobs_log").select()).data, []);
    for (const [name, args] of Object.entries(RPCS)) {
      ok((await member.rpc(name, args)).error, name);
    }
    ok((await member.from("jobs_log").insert({ job_name: "x" })).error);
    ok(
      (await member.from("installments").update({ status: "paid" })
        .eq("payment_plan_id", own.planId)).error,
    );
  }));

Deno.test("an admin reads the job log and cannot write it", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await logARun(sql);
    const admin = await signIn(sql, "admin");

    const runs = await admin.from("jobs_log").select("job_name, status");
    deepEqual(runs.data, [{ job_name: "any-job", status: "success" }]);
    ok((await admin.from("jobs_log").delete().eq("status", "success")).error);
    ok(
      (await admin.from("jobs_log").update({ status: "failed" })
        .eq("job_name", "any-job")).error,
    );
    const [{ status }] = await sql`select status from public.jobs_log`;
    equal(status, "success");
  }));

Deno.test("the private schema is not reachable, even with the secret key", () =>
  withDatabase(async () => {
    const service = createClient(urls.apiUrl, (await keys()).secretKey);
    ok((await service.schema("jobs").from("definitions").select()).error);
    ok((await service.schema("jobs").rpc("dispatch", { job_name: "x" })).error);
  }));
