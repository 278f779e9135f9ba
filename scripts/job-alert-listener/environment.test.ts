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
    SLACK_WEBHOOK_URL: "secret",
  });
  equal(message.includes("secret"), false, message);
  for (
    const name of [
      "DATABASE_URL must be of the form postgresql://",
      "ALERT_LISTENER_HEALTH_PORT must be a port, or off",
      "ALERT_LISTENER_POLL_SECONDS must be a number of seconds, 1 to 3600",
      "ALERT_LISTENER_PROBE_SECONDS must be a number of seconds, 1 to 60",
      "SLACK_WEBHOOK_URL must be",
    ]
  ) equal(message.includes(name), true, `${name} in ${message}`);
});

Deno.test("a half-configured channel is refused with what is missing", () => {
  const message = refusalOf({
    DATABASE_URL,
    RESEND_API_KEY: "re_secret",
    ALERT_EMAIL_TO: "a@example.com",
  });
  equal(message.includes("ALERT_EMAIL_FROM"), true, message);
  equal(message.includes("re_secret"), false, message);
});
