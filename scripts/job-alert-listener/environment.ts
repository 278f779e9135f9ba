import { z } from "zod";
import {
  channelVariables,
  configureChannels,
} from "../../supabase/functions/_shared/alerts/channels.ts";
import {
  EnvironmentError,
  readTrimmed,
} from "../../supabase/functions/_shared/environment.ts";
import { parseDatabaseUrl, UnusableAddress } from "./database.ts";

const databaseUrl = z
  .string("must be set to the address of the database")
  .transform((address, context) => {
    try {
      return parseDatabaseUrl(address);
    } catch (error) {
      if (!(error instanceof UnusableAddress)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  });

const seconds = (least: number, most: number) => {
  const expectation = `must be a number of seconds, ${least} to ${most}`;
  return z.coerce.number(expectation)
    .min(least, expectation)
    .max(most, expectation);
};

const portOrOff = z.union(
  [z.literal("off"), z.coerce.number().int().min(0).max(65_535)],
  "must be a port, or off",
);

const variables = {
  ...channelVariables,
  /** A direct or session-mode connection. */
  DATABASE_URL: databaseUrl,
  /** Where /healthz answers on 127.0.0.1; 0 for any free port. */
  ALERT_LISTENER_HEALTH_PORT: portOrOff.optional(),
  /** How often to look into the outbox without a notification. */
  ALERT_LISTENER_POLL_SECONDS: seconds(1, 3_600).default(30),
  /** How often to probe the connection. */
  ALERT_LISTENER_PROBE_SECONDS: seconds(1, 60).default(5),
};

/** All that the listener takes from its environment. */
export type ListenerEnvironment = ReturnType<typeof readEnvironment>;

/**
 * Reads and checks the variables of the listener, once, when it starts.
 *
 * @param read gives a variable's text; a blank one counts as not set.
 * @throws {EnvironmentError} naming what is missing or wrong, without repeating
 *   a value. A wrong or half-configured channel is only reported.
 */
export function readEnvironment(read: (name: string) => string | undefined) {
  const given = readTrimmed(Object.keys(variables), read);
  const parsed = z.object(variables).safeParse(given);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) =>
      `${path.join(".")} ${message}`
    );
    throw new EnvironmentError(
      `The listener cannot start: ${issues.join("; ")}.`,
    );
  }
  const environment = parsed.data;
  return {
    database: environment.DATABASE_URL,
    channels: configureChannels(environment),
    healthPort: environment.ALERT_LISTENER_HEALTH_PORT,
    pollIntervalMs: environment.ALERT_LISTENER_POLL_SECONDS * 1000,
    probeIntervalMs: environment.ALERT_LISTENER_PROBE_SECONDS * 1000,
  };
}
