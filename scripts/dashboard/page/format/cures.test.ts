import { equal, match } from "node:assert/strict";
import { cureOf } from "./cures.ts";

const HOSTED = { local: false, project: "https://abc.supabase.co" };
const LOCAL = { local: true, project: "http://127.0.0.1:54321" };
const ADDRESS = "delete from vault.secrets where name = 'functions_url';\n" +
  "select vault.create_secret('https://abc.supabase.co/functions/v1', 'functions_url');";

const cures: [message: string, hosted: string | null, local: string | null][] =
  [
    [
      "The function answered 401: it does not accept the key.",
      "npx duewatch keys rotate job --linked",
      "npm start",
    ],
    [
      "No job can start: the setting jobs_api_key is missing.",
      "npx duewatch keys rotate job --linked",
      "npm start",
    ],
    [
      "No job can start: the setting functions_url is missing.",
      ADDRESS,
      "npm start",
    ],
    [
      "The function could not be called: Could not resolve host: x.",
      ADDRESS,
      "npm start",
    ],
    [
      "The function answered 404: there is no such function.",
      "npx supabase functions deploy sync",
      "npm start",
    ],
    [
      "The function answered 503: it is not set up completely.",
      "npx supabase functions deploy sync",
      "tail -20 .stack/logs/functions.log",
    ],
    ["The pg_cron process is not running, so", null, "npm run stop\nnpm start"],
    ["Vault cannot be read (39000)", null, "npm start"],
    ["something that nobody knows", null, null],
  ];

for (const [message, hosted, local] of cures) {
  Deno.test(`the command for "${message}" is there to copy`, () => {
    equal(cureOf(message, HOSTED, "sync")?.commands[0] ?? null, hosted);
    equal(cureOf(message, LOCAL, "sync")?.commands[0] ?? null, local);
  });
}

Deno.test("no command has a gap to be filled in", () => {
  for (const [message] of cures) {
    for (const project of [HOSTED, LOCAL]) {
      for (const command of cureOf(message, project, "sync")?.commands ?? []) {
        equal(/<[a-z]/.test(command), false, command);
      }
    }
  }
});

const secrets: [message: string, name: string][] = [
  ["Slack answered 404: no_service", "SLACK_WEBHOOK_URL"],
  ["Slack answered 410: channel_is_archived", "SLACK_WEBHOOK_URL"],
  ["Resend answered 401: restricted_api_key", "RESEND_API_KEY"],
  ["email: ALERT_EMAIL_TO is not set.", "ALERT_EMAIL_TO"],
  [
    "No alert channel is set up. Failures will not reach anyone.",
    "SLACK_WEBHOOK_URL",
  ],
];

for (const [message, name] of secrets) {
  Deno.test(`"${message}" asks for a new ${name}, and shows it nowhere`, () => {
    const [command] = cureOf(message, HOSTED, null)?.commands ?? [];
    match(command, /^read -rs VALUE\n/);
    match(command, new RegExp(`echo "${name}=\\$VALUE" >> alerts\\.env`));
    match(
      command,
      /npx supabase secrets set --env-file alerts\.env\nrm alerts\.env$/,
    );
  });
}

Deno.test("a domain that is not verified needs no new key", () => {
  equal(
    cureOf(
      "Resend answered 403: validation_error: the domain is not verified",
      HOSTED,
      null,
    ),
    null,
  );
});
