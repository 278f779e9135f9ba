// Makes the examples in docs/alerts and docs/digest again:
//
//   deno run -A scripts/mail_examples/main.ts
//
// The pictures are taken with Chromium: $CHROMIUM, or the one that is installed.

import { fileURLToPath } from "node:url";
import { alertExamples } from "./alerts.ts";
import { takePicture } from "./chromium.ts";
import { ensureChromium } from "../stack/chromium.ts";
import { terminalProgress } from "../stack/progress.ts";
import { digestExamples } from "./digest.ts";

const chromium = await ensureChromium(terminalProgress());

for (const { folder, mails, texts } of [alertExamples, digestExamples]) {
  for (const [name, text] of Object.entries(texts)) {
    await Deno.writeTextFile(new URL(name, folder), text);
    console.log(name);
  }
  for (const mail of mails) {
    const file = new URL(`${mail.name}.png`, folder);
    const height = await takePicture(chromium, mail, fileURLToPath(file));
    console.log(`${mail.name}.png, ${mail.width} x ${height}`);
  }
}
