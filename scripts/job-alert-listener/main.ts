// Delivers alerts the moment they are raised: docs/how-to/run-the-alert-listener.md.
import { run } from "./run.ts";

Deno.exit(await run((name) => Deno.env.get(name)));
