import { type ResendStandIn, startResend } from "./resend.ts";
import { type SlackStandIn, startSlack } from "./slack.ts";
import type { Call } from "./stand_in.ts";

/** All services through which alerts reach people. */
export interface AlertServices extends AsyncDisposable {
  readonly slack: SlackStandIn;
  readonly resend: ResendStandIn;
  /** The variables that lead a sender to them. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Waits until each service has delivered a message to people.
   *
   * @returns by the name of the channel, the call that did.
   */
  delivered(fits: (call: Call) => boolean): Promise<Record<ChannelName, Call>>;
}

/** As the channels are called in `jobs.alert_channels`. */
export type ChannelName = "slack" | "email";

/** Starts a stand-in for each service. */
export async function startAlertServices(): Promise<AlertServices> {
  await using starting = new AsyncDisposableStack();
  const slack = starting.use(await startSlack());
  const resend = starting.use(await startResend());
  const running = starting.move();
  return {
    slack,
    resend,
    environment: {
      SLACK_WEBHOOK_URL: slack.webhookUrl,
      RESEND_BASE_URL: resend.baseUrl,
      RESEND_API_KEY: resend.apiKey,
      ALERT_EMAIL_FROM: "Duewatch <alerts@example.com>",
      ALERT_EMAIL_TO: "on-call@example.com",
      DASHBOARD_URL: "https://dashboard.example.com",
    },
    async delivered(fits) {
      const isDelivered = (call: Call) => call.delivered && fits(call);
      const [inSlack, byEmail] = await Promise.all([
        slack.calls.first(isDelivered),
        resend.calls.first(isDelivered),
      ]);
      return { slack: inSlack, email: byEmail };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/**
 * Whether a call is about this job, and says this.
 *
 * @param jobName of a length that makes it part of no other job's name.
 */
export function about(
  jobName: string,
  words: RegExp = /./,
): (call: Call) => boolean {
  return ({ text }) => text.includes(jobName) && words.test(text);
}
