import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FunctionWorkers } from "../stack/gateway/function_workers.ts";
import { gatewayError } from "../stack/gateway/errors.ts";
import { LogFile } from "../stack/log_file.ts";
import type {
  ApiCall,
  ManagementApi,
  PlatformOptions,
  Refusal,
} from "./management_api_contract.ts";
import { answerQuery, refuse } from "./management_api_database.ts";
import {
  API_KEYS,
  describe,
  digest,
  isOfProject,
  PROJECT,
  REF,
  unpack,
} from "./management_api_answers.ts";

/** Counts a request; whether it is one too many within a minute. */
function isTooMany(answered: number[], limit: number): boolean {
  const now = Date.now();
  while (answered.length > 0 && answered[0] <= now - 60_000) answered.shift();
  if (answered.length >= limit) return true;
  answered.push(now);
  return false;
}

const TOKEN = `sbp_${"0123456789abcdef".repeat(2)}01234567`;

/**
 * Starts a stand-in for Supabase's Management API with one project. What is
 * deployed is unpacked and served, from the uploaded files and no others, with
 * the secrets that were set. Without the token it answers 401.
 */
export async function startManagementApi(
  { environment, repoDir, databaseUrl, requestsPerMinute = 120 }:
    PlatformOptions,
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
  let failing: (Refusal & { readonly path: RegExp }) | null = null;
  let status = PROJECT.status;
  const answered: number[] = [];
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
      return refuse(401, "Unauthorized");
    }
    if (isTooMany(answered, requestsPerMinute)) {
      return refuse(429, "ThrottlerException: Too Many Requests");
    }
    if (failing?.path.test(url.pathname)) {
      return refuse(failing.status, failing.message);
    }
    if (!isOfProject(url.pathname)) return refuse(404, "Project not found");
    const described = { ...PROJECT, status };
    const route = `${request.method} ${
      url.pathname.replace(`/v1/projects/${REF}`, "/…")
    }`;
    switch (route) {
      case "GET /v1/projects":
        return Response.json([described]);
      case "GET /…":
        return Response.json(described);
      // What `supabase link` asks for besides.
      case "GET /…/api-keys":
        return Response.json(API_KEYS);
      case "POST /…/database/query":
        return status === PROJECT.status
          ? await answerQuery(databaseUrl, await request.json())
          : refuse(
            544,
            "Failed to run sql query: Connection terminated due to connection timeout",
          );
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
      case "DELETE /…/secrets":
        for (const name of await request.json()) secrets.delete(name);
        workers.reload();
        return Response.json({});
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
        if (!route.startsWith("DELETE /…/functions/")) {
          return refuse(404, `No ${route}`);
        }
        return deployed.delete(route.split("/").at(-1) ?? "")
          ? Response.json({})
          : refuse(404, "Function not found");
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
    fail(path, refusal = { status: 500, message: "Something broke" }) {
      failing = path === null ? null : { path, ...refusal };
    },
    setStatus(next) {
      status = next;
    },
    async [Symbol.asyncDispose]() {
      await Promise.race([server.shutdown(), delay(2_000)]);
      await workers.close();
      await Deno.remove(dir, { recursive: true });
    },
  };
}
