/**
 * The gateway process: one port for the Data API, the Auth API and the Edge
 * Functions, as on a hosted project. Started in the background by the stack.
 */
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { setTimeout as delay } from "node:timers/promises";
import { functionsDir } from "../../functions/catalog.ts";
import { readConfig } from "../config.ts";
import { StackError } from "../errors.ts";
import { writeSecretFile } from "../files.ts";
import { functionEnvironment } from "../function_environment.ts";
import { readKeys } from "../keys.ts";
import { LogFile } from "../log_file.ts";
import { identifyProcess } from "../proc.ts";
import { statePaths } from "../state_dir.ts";
import { openAuthApi } from "./auth_api.ts";
import { openDataApi } from "./data_api.ts";
import { gatewayError } from "./errors.ts";
import { functionCopiesDir } from "./function_process.ts";
import { FunctionWorkers } from "./function_workers.ts";

const config = readConfig();
const paths = statePaths(config);
const keys = await readKeys(paths.keysFile);
if (keys === null) throw new StackError("There are no keys: use `npm start`.");

const log = new LogFile(paths.gatewayLog);
const dataApi = await openDataApi(config, keys);
const authApi = openAuthApi(config, keys);
const workers = new FunctionWorkers({
  repoDir: config.repoDir,
  functionsDir: functionsDir(config.repoDir),
  copiesDir: await functionCopiesDir(config.repoDir),
  // The keys that functions accept can be rotated meanwhile.
  environment: async () =>
    functionEnvironment(config, await readKeys(paths.keysFile) ?? keys),
  log: new LogFile(paths.functionsLog),
});

type Bindings = { Bindings: { readonly peerAddress: string | null } };

const app = new Hono<Bindings>();
app.get("/functions/v1/_internal/health", (context) =>
  context.json({
    instanceId: keys.instanceId,
    pid: Deno.pid,
    version: Deno.env.get("DUEWATCH_GATEWAY_VERSION") ?? null,
    functions: workers.states(),
  }));
app.all("/functions/v1/:name/*", (context) => forward(context.req.raw));
const askDatabase = ({ req, env }: Context<Bindings>) =>
  dataApi.fetch(req.raw, env.peerAddress);
// The library answers a preflight for some functions with 404, PostgREST for none.
app.options("/rest/v1/*", cors());
app.all("/rest/v1/*", askDatabase);
app.all("/auth/v1/*", ({ req }) => authApi.fetch(req.raw));
app.notFound(() =>
  gatewayError(404, "NOT_FOUND", "no Route matched with those values")
);
app.onError((error, context) => {
  log.event("request_failed", { path: context.req.path, error: error.message });
  return gatewayError(500, "INTERNAL_ERROR", "The gateway failed; see its log");
});

const server = Deno.serve(
  {
    hostname: "127.0.0.1",
    port: config.apiPort,
    onListen: () => {},
  },
  (request, info) =>
    app.fetch(request, { peerAddress: info.remoteAddr.hostname }),
);
const identity = identifyProcess(Deno.pid);
await writeSecretFile(paths.gatewayPidFile, JSON.stringify(identity));
log.event("gateway_started", { port: config.apiPort, pid: Deno.pid });
await workers.startAll();
const watching = workers.watch();

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.addSignalListener(signal, () => void shutDown(signal));
}

// As for other servers: read the configuration again.
Deno.addSignalListener("SIGHUP", () => workers.reload());

let shuttingDown = false;
async function shutDown(signal: string): Promise<void> {
  if (shuttingDown) return;
  shuttingDown = true;
  log.event("gateway_stopping", { signal });
  await Promise.race([server.shutdown(), delay(2_000)]);
  await workers.close();
  await watching;
  await dataApi.close();
  await authApi.close();
  await Deno.remove(paths.gatewayPidFile);
  log.event("gateway_stopped");
  Deno.exit(0);
}

function forward(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const [, name, rest] = /^\/functions\/v1\/([^/]+)(.*)$/.exec(url.pathname) ??
    ["", "", ""];
  return workers.handle(name, rest + url.search, request);
}
