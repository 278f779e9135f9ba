import {
  deepEqual,
  doesNotMatch,
  equal,
  match,
  ok,
  rejects,
} from "node:assert/strict";
import { join } from "node:path";
import { listen } from "../job-alert-listener/listen.ts";
import { parseDatabaseUrl } from "../job-alert-listener/database.ts";
import { configEnvironment } from "../stack/config.ts";
import { removeIfExists, writeSecretFile } from "../stack/files.ts";
import { resetDatabase, startStack, stopStack } from "../stack/stack.ts";
import { waitFor } from "../stack/wait.ts";
import {
  about,
  type AlertServices,
  startAlertServices,
} from "../stand_ins/alert_services.ts";
import { always, hang, inTurn, late } from "../stand_ins/scenario.ts";
import { slackRefusals, startSlack } from "../stand_ins/slack.ts";
import {
  deliveriesOf,
  everythingDelivered,
  insertFailure,
} from "./support/alerts.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { within } from "./support/events.ts";
import {
  type ListenerProcess,
  ON_LOCAL_STACK,
  spawnListener,
  startListener,
} from "./support/listener.ts";
import * as own from "./support/own_stack.ts";
import { killAndWait } from "./support/processes.ts";
import { config, urls } from "./support/stack.ts";
import { TcpProxy } from "./support/tcp_proxy.ts";

// So seldom that a test can only pass because of a notification.
const NEVER_LOOKS = { ALERT_LISTENER_POLL_SECONDS: "3600" };

const anyCall = () => true;

/** A database without alerts, and services that accept every alert. */
function withServices(
  work: (services: AlertServices, sql: Database) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase(async (sql) => {
      await emptyDatabase(sql);
      await using services = await startAlertServices();
      await work(services, sql);
    });
}

async function healthOf(
  { healthUrl }: ListenerProcess,
): Promise<{ readonly httpStatus: number; readonly status: string }> {
  const answer = await fetch(healthUrl);
  return { httpStatus: answer.status, ...await answer.json() };
}

Deno.test(
  "the first line names the channels that are on and off, and the database",
  withServices(async ({ slack }) => {
    await using listener = await startListener({
      env: { SLACK_WEBHOOK_URL: slack.webhookUrl },
    });
    const { at: _, ...first } = listener.events[0];
    deepEqual(first, {
      level: "info",
      event: "starting",
      channelsOn: ["slack"],
      channelsOff: [{
        name: "email",
        reason: "RESEND_API_KEY, ALERT_EMAIL_FROM, ALERT_EMAIL_TO are not set.",
      }, {
        name: "webhook",
        reason: "WEBHOOK_URL is not set.",
      }],
      database: { host: "127.0.0.1", port: config.dbPort, encrypted: false },
      healthUrl: listener.healthUrl,
    });
    doesNotMatch(listener.output(), new RegExp(slack.webhookUrl));
  }),
);

Deno.test(
  "a delivery that is due again in a second is sent in a second, without polling",
  withServices(async (services, sql) => {
    services.slack.follow(inTurn(slackRefusals.rollupError));
    await using _listener = await startListener({
      env: { ...services.environment, ...NEVER_LOOKS },
    });
    await insertFailure(sql, "some-job");
    const { slack } = await within(
      20_000,
      "the alert is in Slack",
      services.delivered(about("some-job")),
    );
    // From the refusal on: what came before takes as long as the machine needs.
    const [refused] = services.slack.calls.entries;
    const tookMs = slack.arrivedAt - refused.arrivedAt;
    ok(tookMs > 1_000 && tookMs < 3_000, `it took ${tookMs} ms`);
  }),
);

Deno.test(
  "a due delivery without a notification is found by polling",
  withServices(async (services, sql) => {
    await using _listener = await startListener({
      env: { ...services.environment, ALERT_LISTENER_POLL_SECONDS: "1" },
    });
    await insertFailure(sql, "some-job");
    await within(
      5_000,
      "the alert is delivered",
      services.delivered(about("some-job")),
    );
    await everythingDelivered(sql);
    await sql`
      update jobs.alert_deliveries
      set
        status = 'pending',
        next_attempt_at = now(),
        finished_at = null
      where channel = 'slack'
    `;
    await within(
      5_000,
      "it is delivered again",
      services.slack.calls.until(({ length }) => length === 2),
    );
  }),
);

Deno.test("health is 200 while it listens, and the process ends with 0 after SIGTERM", async () => {
  await using listener = await startListener();
  const health = await healthOf(listener);
  deepEqual([health.httpStatus, health.status], [200, "ok"]);
  deepEqual(await listener.stop(), { code: 0, signal: null });
  equal((await listener.logged("stopping")).signal, "SIGTERM");
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`after ${signal} it claims nothing more, finishes what it is sending, and marks it sent`, () =>
    withDatabase(async (sql) => {
      await emptyDatabase(sql);
      await using slack = await startSlack();
      const answer = Promise.withResolvers<void>();
      slack.follow(always(late(answer.promise)));
      await using listener = await startListener({
        env: { SLACK_WEBHOOK_URL: slack.webhookUrl },
      });
      await insertFailure(sql, "first-job");
      await within(10_000, "Slack is called", slack.calls.first(anyCall));

      listener.signal(signal);
      await listener.logged("stopping");
      await notListening(sql);
      const health = await healthOf(listener);
      deepEqual([health.httpStatus, health.status], [503, "stopping"]);
      await insertFailure(sql, "second-job");
      answer.resolve();

      deepEqual(await within(5_000, "its end", listener.ended), {
        code: 0,
        signal: null,
      });
      equal((await listener.logged("stopped")).finished, true);
      equal(slack.calls.entries.length, 1);
      const [first] = await deliveriesOf(sql, "first-job", "slack");
      const [second] = await deliveriesOf(sql, "second-job", "slack");
      deepEqual([first.status, second.status], ["sent", "pending"]);
    }));
}

Deno.test(
  "a service that hangs delays the shutdown by ten seconds, and the alert is not lost",
  withServices(async (services, sql) => {
    services.slack.follow(always(hang));
    await using listener = await startListener({ env: services.environment });
    await insertFailure(sql, "some-job");
    await within(
      10_000,
      "both",
      services.resend.calls.first(about("some-job")),
    );
    await within(10_000, "both", services.slack.calls.first(about("some-job")));

    listener.signal("SIGTERM");
    const end = await within(12_000, "its end", listener.ended);
    deepEqual(end, { code: 0, signal: null });
    const [delivery] = await deliveriesOf(sql, "some-job", "slack");
    equal(delivery.status, "pending");
    match(delivery.last_error ?? "", /no answer within 10 seconds/);
  }),
);

Deno.test("a second signal ends it at once, except for the echo of a Ctrl-C", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await using slack = await startSlack();
    const answer = Promise.withResolvers<void>();
    slack.follow(always(late(answer.promise)));
    const env = { SLACK_WEBHOOK_URL: slack.webhookUrl };
    await using listener = await startListener({ env });
    await insertFailure(sql, "some-job");
    await within(10_000, "Slack is called", slack.calls.first(anyCall));

    listener.signal("SIGINT");
    await listener.logged("stopping");
    listener.signal("SIGINT");
    // It answers, so it has not ended; the signal was there before the question.
    equal((await healthOf(listener)).status, "stopping");
    listener.signal("SIGTERM");
    // It would be 0 if it had waited for Slack.
    const { code } = await within(5_000, "its end", listener.ended);
    equal(code, 143);
  }));

Deno.test(
  "terminated by the server, it listens again within a second",
  withServices(async (services, sql) => {
    await using listener = await startListener({
      env: { ...services.environment, ...NEVER_LOOKS },
    });
    const before = listener.events.length;
    const [{ count }] = await sql<{ count: number }[]>`
      select count(pg_terminate_backend(pid))::int
      from pg_stat_activity
      where application_name like 'job-alert-listener%'
    `;
    ok(count >= 2, `${count} connections`);
    const lost = await listener.logged("connection_lost", { after: before });
    const again = await listener.logged("listening", { after: before });
    // By its own clock: how soon the test reads it depends on the machine.
    const tookMs = Date.parse(String(again.at)) - Date.parse(String(lost.at));
    ok(tookMs < 1_000, `it took ${tookMs} ms`);

    await insertFailure(sql, "some-job");
    await within(
      10_000,
      "the alert is delivered on notification",
      services.delivered(about("some-job")),
    );
  }),
);

Deno.test(
  "a silently cut connection is noticed within 15 seconds, and alerts raised meanwhile are delivered",
  withServices(async (services, sql) => {
    await using proxy = new TcpProxy(config.dbPort);
    await using listener = await startListener({
      env: {
        ...services.environment,
        ...NEVER_LOOKS,
        DATABASE_URL: urlThrough(proxy),
      },
    });
    // From now on the connections for work are open, too.
    await insertFailure(sql, "first-job");
    await within(
      5_000,
      "the alert is delivered",
      services.delivered(about("first-job")),
    );
    await everythingDelivered(sql);

    proxy.cut();
    await insertFailure(sql, "some-job");
    await listener.logged("connection_lost", { timeoutMs: 15_000 });
    const health = await healthOf(listener);
    deepEqual([health.httpStatus, health.status], [503, "not_listening"]);
    equal(services.slack.calls.entries.length, 1);

    const before = listener.events.length;
    proxy.restore();
    await listener.logged("listening", { after: before, timeoutMs: 5_000 });
    await within(
      10_000,
      "the alert is delivered",
      services.delivered(about("some-job")),
    );
    equal((await healthOf(listener)).httpStatus, 200);
  }),
);

Deno.test(
  "the listener reconnects within five seconds after a server stops refusing",
  withServices(async (services, sql) => {
    await using proxy = new TcpProxy(config.dbPort);
    await using listener = await startListener({
      env: {
        ...services.environment,
        ...NEVER_LOOKS,
        DATABASE_URL: urlThrough(proxy),
      },
    });
    proxy.refuse();
    await insertFailure(sql, "some-job");
    // By then the pauses have grown to their longest.
    const refused = await waitFor(
      () => proxy.refused >= 8 ? true : undefined,
      30_000,
    );
    ok(refused, `${proxy.refused} attempts`);
    equal((await healthOf(listener)).status, "not_listening");

    const before = listener.events.length;
    proxy.restore();
    await listener.logged("listening", { after: before, timeoutMs: 5_000 });
    await within(
      10_000,
      "the alert is delivered",
      services.delivered(about("some-job")),
    );
    const delivered = listener.events.filter(({ event }) =>
      event === "connect_failed"
    );
    equal(delivered.length, 1, "the log fills with one and the same failure");
  }),
);

Deno.test("after a restart of Postgres it listens within five seconds, loses no alert, and delivers none twice", async (test) => {
  await own.removeOwnStack();
  const options = { config: own.config, seed: false, firstRun: false };
  try {
    await resetDatabase(options);
    for (const signal of ["SIGINT", "SIGKILL"] as const) {
      await test.step(`by ${signal}`, async () => {
        await using slack = await startSlack();
        const answer = Promise.withResolvers<void>();
        slack.follow(always(late(answer.promise)));
        await using listener = await startListener({
          env: {
            DATABASE_URL: own.urls.databaseUrl,
            SLACK_WEBHOOK_URL: slack.webhookUrl,
            ...NEVER_LOOKS,
          },
        });
        await own.withOwnDatabase((sql) => insertFailure(sql, `${signal}-1`));
        await within(10_000, "Slack is called", slack.calls.first(anyCall));

        const { postgres } = await own.ownProcesses();
        await killAndWait(postgres, signal);
        // Slack has taken it, and the database cannot record that.
        answer.resolve();
        await listener.logged("completion_failed");
        await listener.logged("connect_failed");

        const before = listener.events.length;
        const started = startStack(options);
        await databaseIsBack();
        await own.withOwnDatabase((sql) => insertFailure(sql, `${signal}-2`));
        await listener.logged("listening", { after: before, timeoutMs: 5_000 });
        await started;
        await own.withOwnDatabase(async (sql) => {
          await everythingDelivered(sql);
          const [first] = await deliveriesOf(sql, `${signal}-1`, "slack");
          deepEqual([first.status, first.attempts], ["sent", 1]);
        });
        equal(slack.calls.entries.length, 2);
      });
    }
  } finally {
    await stopStack(own.config);
  }
});

Deno.test(
  "a refused password does not end the listener, is retried seldom, and is not in its log",
  withServices(async (services) => {
    await using proxy = new TcpProxy(config.dbPort);
    const url = new URL(urlThrough(proxy));
    url.password = "not-the-password";
    await using listener = spawnListener({
      env: {
        ...services.environment,
        DATABASE_URL: url.href,
        ALERT_LISTENER_POLL_SECONDS: "1",
      },
    });
    const failure = await listener.logged("connect_failed");
    match(String(failure.message), /password authentication failed/);
    ok(Number(failure.retryInMs) >= 30_000, `again in ${failure.retryInMs} ms`);

    // Long enough to look into the outbox twice.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    equal(proxy.opened, 1);
    equal((await healthOf(listener)).httpStatus, 503);
    equal((await listener.stop()).code, 0);
    doesNotMatch(listener.output(), /not-the-password/);
  }),
);

Deno.test(
  "a role that can only claim and complete is enough",
  withServices(async (services, sql) => {
    await withRole(sql, async ({ env, grant }) => {
      await grant();
      await using listener = await startListener({
        env: { ...services.environment, ...env },
      });
      await insertFailure(sql, "some-job");
      await within(
        5_000,
        "the alert is delivered",
        services.delivered(about("some-job")),
      );
      await everythingDelivered(sql);
      await listener.stop();
      doesNotMatch(listener.output(), /password-of-a-test/);
      doesNotMatch(listener.output(), /secret-of-the-webhook/);
      doesNotMatch(listener.output(), new RegExp(services.resend.apiKey));
    });
  }),
);

Deno.test(
  "a listener that cannot claim reports that in its health and retries soon",
  withServices(async (services, sql) => {
    await withRole(sql, async ({ env, grant }) => {
      await using listener = spawnListener({
        env: {
          SLACK_WEBHOOK_URL: services.slack.webhookUrl,
          ...NEVER_LOOKS,
          ...env,
        },
      });
      const failure = await listener.logged("claim_failed");
      match(String(failure.message), /permission denied/);
      await listener.logged("listening");
      const health = await healthOf(listener);
      deepEqual([health.httpStatus, health.status], [503, "not_claiming"]);

      await grant();
      await listener.logged("ready", { timeoutMs: 10_000 });
      equal((await healthOf(listener)).status, "ok");
    });
  }),
);

Deno.test("a connection without notifications counts as failed, even if LISTEN succeeded", async () => {
  const attempt = listen({
    connection: parseDatabaseUrl(urls.databaseUrl).connection,
    channel: "job_alert",
    onNotification: () => {},
    // What a transaction pooler makes of it.
    notify: () => Promise.resolve(),
    probeIntervalMs: 5_000,
    answerTimeoutMs: 200,
    signal: new AbortController().signal,
  });
  await rejects(attempt, /notifications do not arrive.*transaction pooler/);
});

Deno.test("on the local stack it uses the channels of the functions and the stack's own database", async () => {
  await writeSecretFile(
    config.functionsEnvFile,
    "SLACK_WEBHOOK_URL=http://127.0.0.1:1/of-the-functions\n",
  );
  try {
    await using listener = await startListener({
      command: ON_LOCAL_STACK,
      env: {
        ...configEnvironment(config),
        DATABASE_URL: "postgresql://user@127.0.0.1:1/elsewhere",
      },
    });
    const { channelsOn, database } = await listener.logged("starting");
    deepEqual(channelsOn, ["slack"]);
    deepEqual(database, {
      host: "127.0.0.1",
      port: config.dbPort,
      encrypted: false,
    });
    deepEqual(await listener.stop("SIGINT"), { code: 0, signal: null });
  } finally {
    await removeIfExists(config.functionsEnvFile);
  }
});

Deno.test("without the local stack, npm run listener says what to do", async () => {
  await using listener = spawnListener({
    command: ON_LOCAL_STACK,
    env: {
      ...configEnvironment(config),
      DUEWATCH_STATE_DIR: join(config.stateDir, "none"),
    },
  });
  equal((await within(20_000, "its end", listener.ended)).code, 1);
  equal(
    listener.output(),
    "The stack is not running: start it with `npm start`.\n",
  );
});

const UNUSABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "DATABASE_URL must be set": { DATABASE_URL: "" },
  "DATABASE_URL must be of the form": { DATABASE_URL: "the-secret" },
  "DATABASE_URL names port 6543, the transaction pooler": {
    DATABASE_URL: "postgresql://u:the-secret@example.com:6543/postgres",
  },
  "ALERT_LISTENER_POLL_SECONDS must be a number of seconds": {
    ALERT_LISTENER_POLL_SECONDS: "the-secret",
  },
};

for (const [complaint, env] of Object.entries(UNUSABLE)) {
  Deno.test(`it does not start when ${complaint}`, async () => {
    await using listener = spawnListener({ env });
    const end = await within(20_000, "its end", listener.ended);
    deepEqual(end, { code: 1, signal: null });
    equal(listener.output().trimEnd().split("\n").length, 1);
    const [{ event, message }] = listener.events;
    equal(event, "start_refused");
    ok(String(message).includes(complaint), String(message));
    doesNotMatch(listener.output(), /the-secret/);
  });
}

Deno.test("it starts when its channels are set up wrongly, and names the variables", async () => {
  await using listener = await startListener({
    env: {
      SLACK_WEBHOOK_URL: "http://example.com/the-secret",
      RESEND_API_KEY: "the-secret",
      ALERT_EMAIL_TO: "on-call@example.com",
    },
  });
  const problems = listener.events
    .filter(({ event }) => event === "channel_misconfigured")
    .map(({ message }) => String(message)).join("\n");
  match(problems, /SLACK_WEBHOOK_URL: must be an https address/);
  match(problems, /Still to be set: ALERT_EMAIL_FROM/);
  doesNotMatch(listener.output(), /the-secret/);
});

Deno.test("it does not start when the port for its health is taken", async () => {
  await using first = await startListener();
  const { port } = new URL(first.healthUrl);
  await using second = spawnListener({
    env: { ALERT_LISTENER_HEALTH_PORT: port },
  });
  equal((await within(20_000, "its end", second.ended)).code, 1);
  match(second.output(), /ALERT_LISTENER_HEALTH_PORT is taken/);
});

function urlThrough(proxy: TcpProxy): string {
  const url = new URL(urls.databaseUrl);
  url.port = String(proxy.port);
  return url.href;
}

/** A role that can log in and nothing else. */
interface Role {
  readonly env: { readonly DATABASE_URL: string };
  /** Lets it claim and complete. */
  grant(): Promise<void>;
}

async function withRole(
  sql: Database,
  work: (role: Role) => Promise<void>,
): Promise<void> {
  const url = new URL(urls.databaseUrl);
  url.username = "listener_of_a_test";
  url.password = "password-of-a-test";
  const role = sql(url.username);
  const functions = sql`
    public.claim_job_alerts(jsonb, int, int, timestamptz),
    public.complete_job_alert(uuid, text, uuid, text, text, numeric, boolean, timestamptz)
  `;
  await sql`create role ${role} login password 'password-of-a-test'`;
  try {
    await work({
      env: { DATABASE_URL: url.href },
      async grant() {
        await sql`grant execute on function ${functions} to ${role}`;
      },
    });
  } finally {
    await sql`revoke execute on function ${functions} from ${role}`;
    await sql`drop role ${role}`;
  }
}

async function notListening(sql: Database): Promise<void> {
  const gone = await waitFor(
    async () => await connections(sql, " (listening)") === 0 ? true : undefined,
    5_000,
  );
  ok(gone, "it listens still");
}

async function connections(sql: Database, purpose = "%"): Promise<number> {
  const [{ count }] = await sql<{ count: number }[]>`
    select count(*)::int
    from pg_stat_activity
    where application_name like ${`job-alert-listener${purpose}`}
  `;
  return count;
}

async function databaseIsBack(): Promise<void> {
  const back = await waitFor(
    () =>
      own.withOwnDatabase((sql) => sql`select 1`).then(
        () => true,
        () => undefined,
      ),
    30_000,
    20,
  );
  ok(back, "the database does not come back");
}
