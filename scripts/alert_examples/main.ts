// Makes the examples in docs/alerts anew:
//
//   deno run -A scripts/alert_examples/main.ts
//
// The pictures are taken with Chromium: $CHROMIUM, or `chromium` on the path.

import { fileURLToPath } from "node:url";
import { takePicture } from "./chromium.ts";
import { EXAMPLES, mails, texts } from "./examples.ts";

const chromium = Deno.env.get("CHROMIUM") ?? "chromium";

for (const [name, text] of Object.entries(texts)) {
  await Deno.writeTextFile(new URL(name, EXAMPLES), text);
  console.log(name);
}
for (const mail of mails) {
  const file = new URL(`${mail.name}.png`, EXAMPLES);
  const height = await takePicture(chromium, mail, fileURLToPath(file));
  console.log(`${mail.name}.png, ${mail.width} x ${height}`);
}
