import { deepEqual, equal, match, notEqual, rejects } from "node:assert/strict";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { within } from "./support/events.ts";
import { keys, urls } from "./support/stack.ts";

// The function answers at once, on a machine that has nothing else to do.
const PATIENT_MS = 90_000;

const SETTINGS = ["functions_url", "jobs_api_key"] as const;
type Setting = typeof SETTINGS[number];

/** Changes settings in Vault for the length of some work; `null` removes one. */
async function withSettings(
  sql: Database,
  changes: Partial<Record<Setting, string | null>>,
  work: () => Promise<void>,
): Promise<void> {
  const right: Record<Setting, string> = {
    functions_url: urls.functionsUrl,
    jobs_api_key: (await keys()).jobsApiKey,
  };
  const store = async (values: Record<Setting, string | null>) => {
    await sql`delete from vault.secrets where name in ${sql([...SETTINGS])}`;
    for (const name of SETTINGS) {
      const value = values[name];
      if (value === null) continue;
      await sql`select vault.create_secret(${value}, ${name})`;
    }
  };
  await store({ ...right, ...changes });
  try {
    await work();
  } finally {
    await store(right);
  }
}

/** Listens on `job_failure`; `notification` is the first payload from now on. */
async function listenForFailure(sql: Database) {
  const { promise: notification, resolve } = Promise.withResolvers<string>();
  const listener = await sql.listen("job_failure", resolve);
  return { notification, listener };
}

/**
 * Dispatches the main job and waits for the notification of its failure.
 *
 * @returns the one row that the log has then.
 */
async function dispatchAndFail(sql: Database): Promise<string> {
  await emptyDatabase(sql);
  const { notification, listener } = await listenForFailure(sql);
  try {
    const [{ runId }] = await sql`
      select jobs.dispatch(
        'update-installment-statuses', 'cron', ${PATIENT_MS}
      ) as "runId"
    `;
    const runs = await sql`
      select id, status, error_message, trigger_source, completed_at
      from public.jobs_log
    `;
    equal(runs.length, 1);
    equal(runs[0].id, runId);
    equal(runs[0].status, "failed");
    equal(runs[0].trigger_source, "cron");
    notEqual(runs[0].completed_at, null);

    const payload = JSON.parse(
      await within(5_000, "job_failure is notified", notification),
    );
    equal(payload.id, runId);
    equal(payload.job_name, "update-installment-statuses");
    equal(payload.error_message, runs[0].error_message);
    equal(runs[0].error_message.includes((await keys()).jobsApiKey), false);
    return runs[0].error_message;
  } finally {
    await listener.unlisten();
  }
}

Deno.test("a dispatched run carries one id from the call to the log row", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const [{ runId }] = await sql`
      select jobs.dispatch(
        'update-installment-statuses', 'catch_up', ${PATIENT_MS}
      ) as "runId"
    `;
    const [run] = await sql`select id, status, trigger_source from jobs_log`;
    equal(run.id, runId);
    equal(run.status, "success");
    equal(run.trigger_source, "catch_up");
  }));

for (const isolation of ["repeatable read", "serializable"]) {
  Deno.test(`in a transaction that is ${isolation} nothing is dispatched, and the error says why`, () =>
    withDatabase(async (sql) => {
      await emptyDatabase(sql);
      await rejects(
        sql.begin(`isolation level ${isolation}`, async (transaction) => {
          // The snapshot is older than the run.
          await transaction`select count(*) from public.jobs_log`;
          await transaction`select jobs.dispatch('update-installment-statuses')`;
        }),
        {
          code: "25000",
          message:
            `jobs.dispatch needs the isolation level read committed, not ${isolation}`,
        },
      );
      const runs = await sql`select id from public.jobs_log`;
      equal(runs.length, 0);
    }));
}

Deno.test("a function that cannot be reached leaves a failed row with the cause", () =>
  withDatabase((sql) =>
    withSettings(
      sql,
      { functions_url: "http://127.0.0.1:1/functions/v1" },
      async () => {
        match(
          await dispatchAndFail(sql),
          /could not be called: .*connect to 127\.0\.0\.1 port 1/,
        );
      },
    )
  ));

Deno.test("an address without the function leaves a failed row with the cause", () =>
  withDatabase((sql) =>
    withSettings(
      sql,
      { functions_url: `${urls.apiUrl}/elsewhere` },
      async () => {
        match(await dispatchAndFail(sql), /answered 404: .*functions_url/);
      },
    )
  ));

Deno.test("an address that ends in slashes reaches the function", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const paths: string[] = [];
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      ({ url }) => {
        paths.push(new URL(url).pathname);
        return new Response("received");
      },
    );
    try {
      const functions_url = `http://127.0.0.1:${server.addr.port}/v1//`;
      await withSettings(sql, { functions_url }, async () => {
        await sql`select jobs.dispatch('update-installment-statuses')`;
      });
      deepEqual(paths, ["/v1/update-installment-statuses"]);
    } finally {
      await server.shutdown();
    }
  }));

Deno.test("a key that the function refuses leaves a failed row with the cause", () =>
  withDatabase((sql) =>
    withSettings(sql, { jobs_api_key: "another-key-0123456789" }, async () => {
      const message = await dispatchAndFail(sql);
      match(message, /answered 401: .*jobs_api_key.*JOBS_API_KEY/);
      equal(message.includes("not-the-key"), false);
    })
  ));

for (const name of SETTINGS) {
  Deno.test(`${name} missing in Vault leaves a failed row that says how to add it`, () =>
    withDatabase((sql) =>
      withSettings(sql, { [name]: null }, async () => {
        match(
          await dispatchAndFail(sql),
          new RegExp(`setting ${name} is missing.*vault\\.create_secret`),
        );
      })
    ));
}

Deno.test("the key does not reach the log when a server echoes it", () =>
  withDatabase(async (sql) => {
    const mirror = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) =>
        new Response(JSON.stringify([...request.headers]), { status: 418 }),
    );
    try {
      const functions_url = `http://127.0.0.1:${mirror.addr.port}`;
      await withSettings(sql, { functions_url }, async () => {
        match(await dispatchAndFail(sql), /answered 418: .*\(key\)/);
      });
    } finally {
      await mirror.shutdown();
    }
  }));

Deno.test("an answer of 200 without a logged run leaves a failed row", () =>
  withDatabase(async (sql) => {
    const impostor = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response("welcome"),
    );
    try {
      const functions_url = `http://127.0.0.1:${impostor.addr.port}`;
      await withSettings(sql, { functions_url }, async () => {
        match(
          await dispatchAndFail(sql),
          /answered 200: it did not log the run/,
        );
      });
    } finally {
      await impostor.shutdown();
    }
  }));

Deno.test("an answer of 20 MB is not read, and leaves a failed row", () =>
  withDatabase(async (sql) => {
    const flood = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response(new Uint8Array(20_000_000).fill(97), { status: 500 }),
    );
    try {
      const functions_url = `http://127.0.0.1:${flood.addr.port}`;
      await withSettings(sql, { functions_url }, async () => {
        match(
          await dispatchAndFail(sql),
          /answered 500: .*\(20000000 bytes, which are not read\)/,
        );
      });
    } finally {
      await flood.shutdown();
    }
  }));

Deno.test("a function that does not answer in time leaves the run running", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const answers: (() => void)[] = [];
    const silent = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () =>
        new Promise<Response>((resolve) => {
          answers.push(() => resolve(new Response("late")));
        }),
    );
    try {
      const functions_url = `http://127.0.0.1:${silent.addr.port}`;
      await withSettings(sql, { functions_url }, async () => {
        const runId = await sql.begin(async (transaction) => {
          // The call gives up two seconds before the statement does.
          await transaction`set local statement_timeout = '3500ms'`;
          const [row] = await transaction`
            select jobs.dispatch('update-installment-statuses') as "runId"
          `;
          return row.runId;
        });
        const [run] = await sql`select id, status from public.jobs_log`;
        equal(run.id, runId);
        equal(run.status, "running");
      });
    } finally {
      for (const answer of answers) answer();
      await silent.shutdown();
    }
  }));

Deno.test("an error message of 100 kB is logged completely and cut in the notification", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const message = `"quoted"\n\t\\ 'single' 😀𝄞\u0001`.repeat(4_000);
    const { notification, listener } = await listenForFailure(sql);
    try {
      await sql`
        insert into public.jobs_log (
          job_name, started_at, status, error_message
        )
        values (${"😀".repeat(5_000)}, now(), 'failed', ${message})
      `;
      const payload = await within(5_000, "it is notified", notification);
      equal(new TextEncoder().encode(payload).length < 8_000, true);
      equal(message.startsWith(JSON.parse(payload).error_message), true);
      const [run] = await sql`select error_message from public.jobs_log`;
      equal(run.error_message, message);
    } finally {
      await listener.unlisten();
    }
  }));
