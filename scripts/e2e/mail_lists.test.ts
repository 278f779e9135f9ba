// The last resort and the functions read the same lists of mail addresses in the
// same way.
import { deepEqual, equal } from "node:assert/strict";
import { fingerprintOfRecipients } from "../../supabase/functions/_shared/alerts/fingerprint.ts";
import {
  addressIn,
  mailboxes,
} from "../../supabase/functions/_shared/mail/mailbox.ts";
import { withDatabase } from "./support/database.ts";
import { rolledBack } from "./support/rolled_back.ts";

const LISTS = [
  "a@x.example",
  "b@x.example ,   a@x.example",
  '"Doe, Jane" <jane@x.example>, b@x.example',
  'b@x.example,"Doe, Jane" <JANE@x.example>',
  'Mario <m@x.example>,,"a;b <c> @" <a@x.example>,',
  '"He said \\"hi, all\\"" <quotes@x.example>, <plain@x.example>',
  "Office (day, night) <o@x.example>, b@x.example",
  '"Not (a, comment)" <n@x.example>, b@x.example (mine)',
  "Jürgen Müller <j@x.example>, info@xn--80aswg.xn--p1ai",
  "o'brien@x.example, sales&admissions@x.example",
  "a@x.example, A@X.example",
];

Deno.test("a list of mail addresses is the same places for the functions and the last resort", () =>
  withDatabase((sql) =>
    rolledBack(sql, async (transaction) => {
      await transaction`
        delete from vault.secrets
        where name in ('resend_api_key', 'alert_email_from', 'alert_email_to')
      `;
      await transaction`select vault.create_secret('re_some_key', 'resend_api_key')`;
      await transaction`select vault.create_secret('a@x.example', 'alert_email_from')`;
      await transaction`select vault.create_secret('a@x.example', 'alert_email_to')`;
      for (const list of LISTS) {
        await transaction`
          select vault.update_secret(id, ${list})
          from vault.secrets
          where name = 'alert_email_to'
        `;
        const [target] = await transaction`
          select mail_to, fingerprint, problem from jobs.last_resort_target('email')
        `;
        const read = mailboxes.parse(list);
        equal(target.problem, null, list);
        equal(target.fingerprint, fingerprintOfRecipients(read), list);
        deepEqual(target.mail_to.map(addressIn), read.map(addressIn), list);
        equal(
          target.mail_to.some((each: string) => each.startsWith("<")),
          false,
        );
      }
    })
  ));
