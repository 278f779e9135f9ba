import { join } from "node:path";
import { functionEnvironment } from "../../stack/function_environment.ts";
import { functionCopiesDir } from "../../stack/gateway/function_process.ts";
import { FunctionWorkers } from "../../stack/gateway/function_workers.ts";
import { LogFile } from "../../stack/log_file.ts";
import { commandLine } from "../../stack/proc.ts";
import { statePaths } from "../../stack/state_dir.ts";
import { type Database, emptyDatabase } from "../support/database.ts";
import { within } from "../support/events.ts";
import { type Answer, callJob } from "../support/functions.ts";
import { processTree } from "../support/processes.ts";
import { config, keys, urls } from "../support/stack.ts";
import { type ItemService, startItemService } from "./item_service.ts";

/** The job's name, function and folder. */
export const JOB = "work-through-items";

const FUNCTIONS = join(import.meta.dirname ?? "", "functions");

/** How the job is registered, apart from what is the same for all tests. */
export interface Registration {
  /** As Postgres writes intervals. Default: 10 minutes. */
  readonly maxRuntime?: string;
  readonly notifyOnSuccess?: boolean;
  /** Default: no. */
  readonly catchUp?: boolean;
}

/** The job, registered and served. */
export interface ItemsJob {
  /** The source of the job's items. */
  readonly service: ItemService;
  /** Brings the registration up to date. */
  register(registration: Registration): Promise<void>;
  /** Calls the function with a key and waits for the answer. */
  call(runId?: string): Promise<Answer>;
  /** The id of the process in which the function runs. */
  processId(): Promise<number>;
}

/**
 * Registers and serves the job for the length of some work, failed or not, on
 * an empty database. Its function runs like one of the product, in a worker
 * with the same environment and rights, but is none: the database is led to it
 * and back again.
 */
export async function withItemsJob<T>(
  sql: Database,
  work: (job: ItemsJob) => Promise<T>,
): Promise<T> {
  await emptyDatabase(sql);
  await using ending = new AsyncDisposableStack();
  const service = ending.use(await startItemService());
  const workers = await createWorkers(service);
  const server = ending.adopt(serve(workers), (server) => server.shutdown());
  // Before the other two, which wait for the requests of the function.
  ending.defer(() => workers.close());
  await workers.startAll();
  const functionsUrl = `http://127.0.0.1:${server.addr.port}`;

  ending.defer(() => setFunctionsUrl(sql, urls.functionsUrl));
  await setFunctionsUrl(sql, functionsUrl);
  ending.defer(async () => {
    await sql`select jobs.unregister(${JOB})`;
  });
  const register = async (
    {
      maxRuntime = "10 minutes",
      notifyOnSuccess = false,
      catchUp = false,
    }: Registration,
  ) => {
    await sql`
      select jobs.register(
        job_name => ${JOB},
        description => 'Works through the items of a test.',
        schedule => '0 0 1 1 *',
        max_runtime => ${maxRuntime}::text::interval,
        catch_up => ${catchUp},
        notify_on_success => ${notifyOnSuccess}
      )
    `;
  };
  await register({});
  return await work({
    service,
    register,
    call: (runId) =>
      within(
        60_000,
        "the run ends",
        callJob({ url: `${functionsUrl}/${JOB}`, runId }),
      ),
    processId: functionProcessId,
  });
}

async function createWorkers(service: ItemService): Promise<FunctionWorkers> {
  const stackKeys = await keys();
  return new FunctionWorkers({
    repoDir: config.repoDir,
    functionsDir: FUNCTIONS,
    copiesDir: await functionCopiesDir(FUNCTIONS),
    environment: async () => ({
      ...await functionEnvironment(config, stackKeys),
      ITEM_SERVICE_URL: service.url,
    }),
    log: new LogFile(statePaths(config).functionsLog),
  });
}

// What the supervisor calls beside the job stays where it is.
function serve(workers: FunctionWorkers): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const { pathname, search } = new URL(request.url);
      if (pathname === `/${JOB}`) return workers.handle(JOB, search, request);
      const { method, headers } = request;
      return fetch(`${urls.functionsUrl}${pathname}${search}`, {
        method,
        headers,
      });
    },
  );
}

async function setFunctionsUrl(sql: Database, url: string): Promise<void> {
  await sql`
    select vault.update_secret(id, ${url})
    from vault.secrets
    where name = 'functions_url'
  `;
}

async function functionProcessId(): Promise<number> {
  for (const pid of await processTree(Deno.pid)) {
    const command = commandLine(pid);
    if (command.some((word) => word.endsWith(`/${JOB}/index.ts`))) return pid;
  }
  throw new Error(`The function ${JOB} has no process.`);
}
