import assert from "node:assert/strict";
import { parseEnvironment } from "../_shared/environment.ts";
import { mailSettings, variables } from "./environment.ts";

const read = (given: Record<string, string>) =>
  parseEnvironment(variables, (name) => given[name]);

const KEY = "re_of_the_test_0123456789";
const ALERTS = "Duewatch <alerts@example.com>";
const DIGEST = "Accounts <accounts@example.com>";

Deno.test("the digest is from its own sender, else from that of the alerts", () => {
  const from = (given: Record<string, string>) =>
    mailSettings(read({ RESEND_API_KEY: KEY, ...given })).from;
  assert.equal(from({ DIGEST_EMAIL_FROM: DIGEST }), DIGEST);
  assert.equal(from({ ALERT_EMAIL_FROM: ALERTS }), ALERTS);
  assert.equal(
    from({ ALERT_EMAIL_FROM: ALERTS, DIGEST_EMAIL_FROM: DIGEST }),
    DIGEST,
  );
  assert.equal(
    from({ ALERT_EMAIL_FROM: ALERTS, DIGEST_EMAIL_FROM: "" }),
    ALERTS,
  );
});

Deno.test("mails go to Resend, two a second, unless something else is set", () => {
  const usual = read({ RESEND_API_KEY: KEY, DIGEST_EMAIL_FROM: DIGEST });
  assert.deepEqual(mailSettings(usual).account, {
    apiKey: KEY,
    baseUrl: "https://api.resend.com",
  });
  assert.equal(usual.DIGEST_MAILS_PER_SECOND, 2);

  const other = read({
    RESEND_BASE_URL: "http://127.0.0.1:4000",
    DIGEST_MAILS_PER_SECOND: "10",
  });
  assert.equal(other.RESEND_BASE_URL, "http://127.0.0.1:4000");
  assert.equal(other.DIGEST_MAILS_PER_SECOND, 10);
});

Deno.test("the function starts with nothing set, and a run says what is missing", () => {
  const sender = "DIGEST_EMAIL_FROM (or ALERT_EMAIL_FROM)";
  for (
    const { given, missing } of [
      { given: {}, missing: `RESEND_API_KEY, ${sender}` },
      { given: { RESEND_API_KEY: KEY }, missing: sender },
      { given: { DIGEST_EMAIL_FROM: DIGEST }, missing: "RESEND_API_KEY" },
    ] as { given: Record<string, string>; missing: string }[]
  ) {
    const environment = read(given);
    assert.throws(() => mailSettings(environment), {
      message: `The digest cannot be sent. Still to be set: ${missing}.`,
    });
  }
});

Deno.test("a bad value stops the start, by name and not repeated", () => {
  for (
    const [name, value] of [
      ["RESEND_API_KEY", "re_k\u00e4y-of-ours"],
      ["RESEND_BASE_URL", "http://api.resend.com"],
      ["DIGEST_EMAIL_FROM", "Accounts"],
      ["DIGEST_EMAIL_FROM", "a@example.com\r\nBcc: b@example.com"],
      ["ALERT_EMAIL_FROM", "Duewatch <alerts>"],
      ["DIGEST_LINK_URL", "javascript:alert(1)"],
      ["DIGEST_MAILS_PER_SECOND", "0"],
      ["DIGEST_MAILS_PER_SECOND", "2.5"],
      ["DIGEST_MAILS_PER_SECOND", "51"],
      ["DIGEST_MAILS_PER_SECOND", "many"],
    ]
  ) {
    assert.throws(() => read({ [name]: value }), (error) => {
      assert(error instanceof Error);
      assert.equal(error.name, "EnvironmentError");
      assert(error.message.includes(`${name}: m`), error.message);
      return true;
    });
  }
});
