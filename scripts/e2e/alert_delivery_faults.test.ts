import { equal, ok } from "node:assert/strict";
import {
  type AlertServices,
  startAlertServices,
} from "../stand_ins/alert_services.ts";
import { resendRefusals } from "../stand_ins/resend.ts";
import {
  acceptedThenReset,
  type Fault,
  hang,
  reset,
  sometimes,
} from "../stand_ins/scenario.ts";
import { slackRefusals } from "../stand_ins/slack.ts";
import type { Call, StandIn } from "../stand_ins/stand_in.ts";
import { seededRandom } from "../testing/seeded_random.ts";
import {
  everythingDelivered,
  insertFailures,
  jobNames,
} from "./support/alerts.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { within } from "./support/events.ts";
import { startListener } from "./support/listener.ts";

const FAILURES = 1_000;
const KILLS = 20;

/** A third of the calls fail: 37 in a hundred, but none a third time in a row. */
const withFaults = (seed: number, own: Fault, rateLimit: Fault) =>
  sometimes({
    seed,
    percent: 37,
    inARow: 2,
    possibilities: [
      { fault: reset },
      { fault: own },
      // Each of them leaves a duplicate in Slack.
      { fault: acceptedThenReset, atMost: 10 },
      // Ten seconds of patience each, and a second of silence each.
      { fault: hang, atMost: 2 },
      { fault: rateLimit, atMost: 3 },
    ],
  });

Deno.test("1,000 failures are delivered while the listener is killed 20 times and a third of the calls fail", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await using services = await startAlertServices();
    const { slack, resend } = services;
    slack.follow(
      withFaults(1, slackRefusals.rollupError, slackRefusals.rateLimited(1)),
    );
    resend.follow(
      withFaults(
        2,
        resendRefusals.applicationError,
        resendRefusals.rateLimited(1),
      ),
    );
    const env = services.environment;
    const jobs = jobNames(FAILURES);
    const perKill = FAILURES / KILLS;
    const random = seededRandom(3);
    const abandoned = new Map<string, Set<string>>();

    for (let kill = 0; kill < KILLS; kill++) {
      await using listener = await startListener({ env });
      const before = slack.calls.entries.length;
      await insertFailures(
        sql,
        jobs.slice(kill * perKill, (kill + 1) * perKill),
      );
      const calls = random.integer(1, perKill);
      await within(
        20_000,
        `${calls} calls of Slack after ${kill} kills`,
        slack.calls.until(({ length }) => length >= before + calls),
      );
      await listener.stop("SIGKILL");
      await noteLeases(sql, abandoned);
    }

    await using _last = await startListener({ env });
    await everythingDelivered(sql);

    for (const service of [slack, resend]) assertAllDelivered(service, jobs);
    for (const [job, { length }] of deliveriesByJob(resend, jobs)) {
      equal(length, 1, `${length} mails about ${job}`);
    }
    let afterKill = 0;
    for (const [job, delivered] of deliveriesByJob(slack, jobs)) {
      const again = delivered.length - 1 - delivered.filter(isFailed).length;
      const killed = abandoned.get(`slack ${job}`)?.size ?? 0;
      ok(
        again <= killed,
        `${job} was delivered ${delivered.length} times in Slack`,
      );
      afterKill += again;
    }
    console.log(describe(services, jobs, abandoned.size, afterKill));
  }));

/** What was being delivered when the process was killed, by channel and job. */
async function noteLeases(
  sql: Database,
  abandoned: Map<string, Set<string>>,
): Promise<void> {
  const rows = await sql<{ key: string; lease: string }[]>`
    select channel || ' ' || job_name as key, lease
    from jobs.alert_deliveries
    where status = 'pending'
      and lease is not null
  `;
  for (const { key, lease } of rows) {
    abandoned.set(key, (abandoned.get(key) ?? new Set()).add(lease));
  }
}

function assertAllDelivered(service: StandIn, jobs: readonly string[]): void {
  for (const [job, delivered] of deliveriesByJob(service, jobs)) {
    ok(delivered.length >= 1, `the alert of ${job} was not delivered`);
  }
  const calls = callsAbout(service, jobs);
  const messages = new Set(calls.map(({ message }) => message));
  equal(messages.size, jobs.length, "the attempts of an alert differ");

  const faults = calls.filter(isFailed);
  ok(faults.length >= 0.3 * calls.length, `${faults.length} calls failed`);
  const kinds = new Set(faults.map(({ fault }) => fault));
  equal(kinds.size, 5, `not every fault came: ${[...kinds]}`);
}

/** The calls that delivered the alert of each job. */
function deliveriesByJob(
  service: StandIn,
  jobs: readonly string[],
): Map<string, Call[]> {
  const delivered = new Map<string, Call[]>(jobs.map((job) => [job, []]));
  for (const call of service.calls.entries) {
    if (call.delivered) delivered.get(jobIn(call))?.push(call);
  }
  return delivered;
}

function callsAbout(
  { calls }: StandIn,
  jobs: readonly string[],
): readonly Call[] {
  const names = new Set(jobs);
  return calls.entries.filter((call) => names.has(jobIn(call)));
}

function jobIn({ text }: Call): string {
  return /job-\d{4}/.exec(text)?.[0] ?? "";
}

function isFailed({ fault }: Call): boolean {
  return fault !== null;
}

function describe(
  { slack, resend }: AlertServices,
  jobs: readonly string[],
  abandoned: number,
  afterKill: number,
): string {
  const [slackLine, emailLine] = [slack, resend].map((service) => {
    const calls = callsAbout(service, jobs);
    const delivered = calls.filter(({ delivered }) => delivered).length;
    return `${calls.length} calls, ${calls.filter(isFailed).length} failed, ` +
      `${delivered - jobs.length} duplicates`;
  });
  return `${jobs.length} failures, ${KILLS} kills, ${abandoned} deliveries ` +
    `cut short by them.\nSlack: ${slackLine}, ${afterKill} of them after a ` +
    `kill, the others after a connection broke.\nEmail: ${emailLine}.`;
}
