import pThrottle from "p-throttle";
import type { Job } from "../_shared/jobs/job.ts";
import { createMailSender } from "../_shared/mail/sender.ts";
import { mailSettings, variables } from "./environment.ts";
import { digestList } from "./ledger.ts";
import { sendDigest } from "./send-digest.ts";

/**
 * Sends each agency one mail a week about its overdue installments, on its own
 * Monday after 08:00. The database decides when that is, what is overdue, and
 * which agencies already have the mail of their week, as of the instant at which
 * the run started.
 */
export const weeklyOverdueDigest: Job<typeof variables> = {
  name: "weekly-overdue-digest",
  variables,

  async run(context) {
    const { environment, call, forEachItem, runId, signal } = context;
    const { account, from } = mailSettings(environment);
    const mailsPerSecond = environment.DIGEST_MAILS_PER_SECOND;

    const list = await call(
      "list_overdue_digests",
      { run_id: runId },
      digestList,
    );
    const deps = {
      context,
      send: createMailSender(account),
      from,
      linkUrl: environment.DIGEST_LINK_URL ?? null,
    };
    const inTurn = pThrottle({ limit: mailsPerSecond, interval: 1000, signal });
    await forEachItem(
      list.agencies,
      inTurn(({ id }) => sendDigest(id, deps)),
      // None takes much longer than a second.
      { concurrency: mailsPerSecond },
    );

    return {
      metadata: {
        week: list.week,
        agencies_without_address: list.agencies_without_address,
        agencies_already_mailed: list.agencies_already_mailed,
        // A single refused address among few that are left is no failed run.
        items_overall: list.agencies_of_the_week,
      },
    };
  },
};
