// `npm run listener`: delivers the alerts of the local stack until Ctrl-C.
import { StackError } from "../stack/errors.ts";
import { functionEnvironment } from "../stack/function_environment.ts";
import { readConfig, stackStatus, stackUrls } from "../stack/stack.ts";
import { run } from "./main.ts";

try {
  const environment = await localEnvironment();
  Deno.exit(await run((name) => environment[name]));
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  console.error(error.message);
  Deno.exit(1);
}

/**
 * The channels that the functions have, too, unless the shell says otherwise;
 * and the stack's own database, whatever the shell says.
 */
async function localEnvironment(): Promise<Record<string, string>> {
  const config = readConfig();
  const { postgresRunning, keys } = await stackStatus(config);
  if (!postgresRunning || keys === null) {
    throw new StackError(
      "The stack is not running: start it with `npm start`.",
    );
  }
  return {
    ...await functionEnvironment(config, keys),
    ...Deno.env.toObject(),
    DATABASE_URL: stackUrls(config).databaseUrl,
  };
}
