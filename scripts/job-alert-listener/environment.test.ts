import { deepEqual, equal, throws } from "node:assert/strict";
import { EnvironmentError } from "../../supabase/functions/_shared/environment.ts";
import { readEnvironment } from "./environment.ts";

const DATABASE_URL = "postgresql://someone:secret@127.0.0.1:5432/postgres";

function read(given: Readonly<Record<string, string>>) {
  return readEnvironment((name) => given[name]);
}

function refusalOf(given: Readonly<Record<string, string>>): string {
  let message = "";
  throws(() => read(given), (error) => {
    equal(error instanceof EnvironmentError, true, String(error));
    message = error instanceof Error ? error.message : "";
    return true;
  });
  return message;
}

Deno.test("the address of the database is all that is needed", () => {
  const environment = read({ DATABASE_URL });
  deepEqual(environment.channels.on, []);
  deepEqual(
    environment.channels.off.map(({ name }) => name).sort(),
    ["email", "slack", "webhook"],
  );
  equal(environment.pollIntervalMs, 30_000);
  equal(environment.probeIntervalMs, 5_000);
  equal(environment.healthPort, undefined);
});

Deno.test("a channel is on when its variables are set", () => {
  const { channels } = read({
    DATABASE_URL,
    SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T0/B0/x",
  });
  deepEqual(channels.on.map(({ name }) => name), ["slack"]);
  deepEqual(channels.off.map(({ name }) => name), ["email", "webhook"]);
});

Deno.test("the port for the health is a number, any, or off", () => {
  const portOf = (text: string) =>
    read({ DATABASE_URL, ALERT_LISTENER_HEALTH_PORT: text }).healthPort;
  equal(portOf("8080"), 8080);
  equal(portOf("0"), 0);
  equal(portOf("off"), "off");
  equal(portOf(""), undefined);
});

Deno.test("a missing address is named", () => {
  equal(
    refusalOf({}),
    "The listener cannot start: DATABASE_URL must be set to the address of " +
      "the database.",
  );
  equal(refusalOf({ DATABASE_URL: "" }), refusalOf({}));
});

Deno.test("every invalid variable is named, and no value is repeated", () => {
  const message = refusalOf({
    DATABASE_URL: "http://secret",
    ALERT_LISTENER_HEALTH_PORT: "secret",
    ALERT_LISTENER_POLL_SECONDS: "0",
    ALERT_LISTENER_PROBE_SECONDS: "secret",
  });
  equal(message.includes("secret"), false, message);
  for (
    const name of [
      "DATABASE_URL must be of the form postgresql://",
      "ALERT_LISTENER_HEALTH_PORT must be a port, or off",
      "ALERT_LISTENER_POLL_SECONDS must be a number of seconds, 1 to 3600",
      "ALERT_LISTENER_PROBE_SECONDS must be a number of seconds, 1 to 60",
    ]
  ) equal(message.includes(name), true, `${name} in ${message}`);
});

Deno.test("a half-configured or wrong channel is reported, and the other works", () => {
  const slack = { SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T/B/x" };
  const email = {
    RESEND_API_KEY: "re_secret",
    ALERT_EMAIL_FROM: "a@example.com",
    ALERT_EMAIL_TO: "a@example.com",
  };
  for (
    const { given, on, named } of [
      {
        given: { ...slack, ...email, ALERT_EMAIL_FROM: "" },
        on: "slack",
        named: "ALERT_EMAIL_FROM",
      },
      {
        given: { ...email, SLACK_WEBHOOK_URL: "secret" },
        on: "email",
        named: "SLACK_WEBHOOK_URL",
      },
    ]
  ) {
    const { channels } = read({ DATABASE_URL, ...given });
    deepEqual(channels.on.map(({ name }) => name), [on]);
    const [message, ...others] = channels.problems;
    deepEqual(others, []);
    equal(message.includes(named), true, message);
    equal(message.includes("secret"), false, message);
  }
});

Deno.test("white space around a value is dropped", () => {
  const { database, pollIntervalMs } = read({
    DATABASE_URL: ` ${DATABASE_URL}\n`,
    ALERT_LISTENER_POLL_SECONDS: "60 ",
    ALERT_LISTENER_HEALTH_PORT: " ",
  });
  equal(database.host, "127.0.0.1");
  equal(pollIntervalMs, 60_000);
});
