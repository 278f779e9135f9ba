import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FunctionWorkers } from "../stack/gateway/function_workers.ts";
import { gatewayError } from "../stack/gateway/errors.ts";
import { LogFile } from "../stack/log_file.ts";
import {
  describe,
  digest,
  PROJECT,
  REF,
  unpack,
} from "./management_api_answers.ts";

/** A request to the Management API, as it is kept for a test. */
export interface ApiCall {
  readonly method: string;
  readonly path: string;
}

/** How a hosted project looks to the Supabase CLI and to its database. */
export interface ManagementApi extends AsyncDisposable {
  /** The ref of its only project. */
  readonly ref: string;
  /** The only token that it accepts. */
  readonly token: string;
  /** A profile of the CLI that leads here. */
  readonly profile: string;
  /** Where the deployed functions answer. */
  readonly functionsUrl: string;
  readonly calls: readonly ApiCall[];
  /** The secrets of the functions, as they were set. */
  readonly secrets: ReadonlyMap<string, string>;
  /** The functions that answer. */
  readonly deployed: ReadonlySet<string>;
  /** Lets requests whose path matches fail with 500, until it is called again. */
  fail(path: RegExp | null): void;
}

/** What the platform gives its functions. */
export interface PlatformOptions {
  /** The variables that a hosted project sets itself. */
  readonly environment: () => Promise<Record<string, string>>;
  /** The checkout, whose lock file fixes the versions of libraries. */
  readonly repoDir: string;
}

const TOKEN = `sbp_${"0123456789abcdef".repeat(2)}01234567`;

/**
 * Starts a stand-in for Supabase's Management API with one project. What is
 * deployed is unpacked and served, from the uploaded files and no others, with
 * the secrets that were set. Without the token it answers 401.
 */
export async function startManagementApi(
  { environment, repoDir }: PlatformOptions,
): Promise<ManagementApi> {
  const dir = await Deno.makeTempDir({ prefix: "duewatch-platform-" });
  const project = join(dir, "project");
  const functionsDir = join(project, "supabase", "functions");
  await Deno.mkdir(functionsDir, { recursive: true });
  await Deno.copyFile(
    join(repoDir, "deno.lock"),
    join(project, "deno.lock"),
  );
  const calls: ApiCall[] = [];
  const secrets = new Map<string, string>();
  const deployed = new Set<string>();
  let failing: RegExp | null = null;
  const workers = new FunctionWorkers({
    repoDir: project,
    functionsDir,
    copiesDir: join(dir, "copies"),
    environment: async () => ({
      ...await environment(),
      ...Object.fromEntries(secrets),
    }),
    log: new LogFile(join(dir, "functions.log")),
  });

  async function api(request: Request, url: URL): Promise<Response> {
    if (request.headers.get("authorization") !== `Bearer ${TOKEN}`) {
      return Response.json({ message: "Unauthorized" }, { status: 401 });
    }
    if (failing?.test(url.pathname)) {
      return Response.json({ message: "Something broke" }, { status: 500 });
    }
    const route = `${request.method} ${
      url.pathname.replace(`/v1/projects/${REF}`, "/…")
    }`;
    switch (route) {
      case "GET /v1/projects":
        return Response.json([PROJECT]);
      case "GET /…":
        return Response.json(PROJECT);
      case "GET /…/secrets":
        return Response.json(
          await Promise.all(
            [...secrets].map(async ([name, value]) => ({
              name,
              value: await digest(value),
            })),
          ),
        );
      case "POST /…/secrets":
        for (const { name, value } of await request.json()) {
          secrets.set(name, value);
        }
        // New processes have them; those under way finish with the former ones.
        workers.reload();
        return new Response(null, { status: 201 });
      case "GET /…/functions":
        return Response.json([...deployed].map(describe));
      case "POST /…/functions/deploy": {
        const slug = url.searchParams.get("slug") ?? "";
        await unpack(await request.formData(), project);
        if (url.searchParams.get("bundleOnly") !== "true") activate([slug]);
        return Response.json(describe(slug), { status: 201 });
      }
      case "PUT /…/functions": {
        const bundled: { slug: string }[] = await request.json();
        activate(bundled.map(({ slug }) => slug));
        return Response.json({ functions: bundled });
      }
      default:
        return Response.json({ message: `No ${route}` }, { status: 404 });
    }
  }

  function activate(slugs: readonly string[]): void {
    for (const slug of slugs) deployed.add(slug);
    workers.reload();
  }

  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, async (request) => {
    const url = new URL(request.url);
    const [, name, rest] =
      /^\/functions\/v1\/([^/]+)(.*)$/.exec(url.pathname) ?? [];
    if (name !== undefined) {
      return deployed.has(name)
        ? await workers.handle(name, rest + url.search, request)
        : gatewayError(404, "NOT_FOUND", "Requested function was not found");
    }
    calls.push({ method: request.method, path: url.pathname });
    return await api(request, url);
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const profile = join(dir, "profile.yaml");
  await Deno.writeTextFile(
    profile,
    ["api_url", "dashboard_url", "docs_url"]
      .map((key) => `${key}: ${origin}\n`)
      .concat("name: stand-in\nproject_host: 127.0.0.1\n")
      .join(""),
  );
  return {
    ref: REF,
    token: TOKEN,
    profile,
    functionsUrl: `${origin}/functions/v1`,
    calls,
    secrets,
    deployed,
    fail(path) {
      failing = path;
    },
    async [Symbol.asyncDispose]() {
      await Promise.race([server.shutdown(), delay(2_000)]);
      await workers.close();
      await Deno.remove(dir, { recursive: true });
    },
  };
}
