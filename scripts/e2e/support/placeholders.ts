import { join } from "node:path";
import { config, keys, urls } from "./stack.ts";

/**
 * Puts values into a command from the documentation, as its reader does.
 *
 * @throws when it has an unknown placeholder.
 */
export async function fillIn(command: string): Promise<string> {
  const { jobsApiKey, readKey } = await keys();
  const values: Readonly<Record<string, string>> = {
    "https://<project-ref>.supabase.co/functions/v1": urls.functionsUrl,
    "https://<project-ref>.supabase.co": urls.apiUrl,
    "<project-ref>": "local",
    "<job key>": jobsApiKey,
    "<read key>": readKey,
    "<password>": crypto.randomUUID(),
    "<grafana password>": crypto.randomUUID(),
    "<pooler host>": "127.0.0.1",
    "<job name>": "job-that-is-no-more",
    "<channel>": "slack",
    "<reason>": "The bank is closed.",
    "<slack webhook>": "http://127.0.0.1:1/services/T0/B0/secret",
    "<resend key>": "re_secret_of_a_reader",
    "<sender>": "alerts@example.com",
    "<recipients>": "on-call@example.com",
    "<installment id>": crypto.randomUUID(),
    "<agency id>": crypto.randomUUID(),
    "<folder>": join(config.stateDir, "answers"),
    // There is no such session.
    "<pid>": "2147483647",
  };
  let filled = command;
  for (const [placeholder, value] of Object.entries(values)) {
    filled = filled.replaceAll(placeholder, value);
  }
  const [unknown] = /<[a-z][^<>]*>/.exec(filled) ?? [];
  if (unknown === undefined) return filled;
  throw new Error(`The placeholder ${unknown} is unknown.`);
}
