import { deepEqual, equal } from "node:assert/strict";
import { email } from "../../supabase/functions/_shared/alerts/channels/email/email.ts";
import { alertExamples } from "./alerts.ts";
import { digestExamples } from "./digest.ts";

const MAKE = "deno run -A scripts/mail_examples/main.ts";

const folders = { alerts: alertExamples, digest: digestExamples };

for (const [name, { folder, mails, texts }] of Object.entries(folders)) {
  Deno.test(`the messages in docs/${name} are those that are sent`, async () => {
    for (const [file, text] of Object.entries(texts)) {
      equal(await Deno.readTextFile(new URL(file, folder)), text, MAKE);
    }
  });

  Deno.test(`docs/${name} holds the examples, and its page shows each of them`, async () => {
    const page = await Deno.readTextFile(new URL("README.md", folder));
    const shown = [...page.matchAll(/\]\(([\w.-]+\.(?:png|txt|json))\)/g)]
      .map(([, file]) => file);
    const kept = (await Array.fromAsync(Deno.readDir(folder)))
      .map(({ name }) => name)
      .filter((name) => name !== "README.md");
    const made = [
      ...mails.map(({ name }) => `${name}.png`),
      ...Object.keys(texts),
    ].sort();
    deepEqual(kept.sort(), made, MAKE);
    deepEqual(shown.sort(), made, "README.md shows other files");
  });
}

Deno.test("each kind that goes by mail has a picture", () => {
  const configured = email.configure({
    RESEND_API_KEY: "re_1",
    ALERT_EMAIL_FROM: "alerts@example.com",
    ALERT_EMAIL_TO: ["mario@example.com"],
    RESEND_BASE_URL: "https://api.resend.com",
  });
  equal(configured.kind, "on");
  if (configured.kind !== "on") return;
  const pictures = new Set(alertExamples.mails.map(({ name }) => name));
  for (const kind of configured.channel.kinds) {
    equal(pictures.has(kind.replaceAll("_", "-")), true, kind);
  }
});
