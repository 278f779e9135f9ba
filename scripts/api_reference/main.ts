// Generates docs/reference/api:
//
//   deno run -A scripts/api_reference/main.ts
import { REFERENCE, referenceFiles } from "./reference.ts";

for (const [name, text] of Object.entries(await referenceFiles())) {
  await Deno.writeTextFile(new URL(name, REFERENCE), text);
  console.log(name);
}
