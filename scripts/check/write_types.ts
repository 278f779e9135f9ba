// `npm run types`: describes the running local database in TypeScript.
import { StackError } from "../stack/errors.ts";
import { readConfig } from "../stack/stack.ts";
import { generateTypes, typesFile } from "./generated_types.ts";

try {
  const config = readConfig();
  await Deno.writeTextFile(typesFile(config), await generateTypes(config));
  console.log(`Wrote ${typesFile(config)}`);
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  console.error(error.message);
  Deno.exit(1);
}
