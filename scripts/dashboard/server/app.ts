import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { getCookie } from "hono/cookie";
import type { BuiltPage } from "../page_build.ts";
import type { StartCommand } from "../page_config.ts";
import type { Doorkeeper } from "./links.ts";
import { refusal, type Upstream } from "./upstream.ts";

/** What the server is made of. */
export interface ServerDeps {
  readonly page: BuiltPage;
  readonly doorkeeper: Doorkeeper;
  readonly upstream: Upstream;
  /** The port that the server listens on. */
  readonly port: number;
  /** How the process was started, to be shown. */
  readonly command: StartCommand;
}

const MAX_BODY = 16_384;

/**
 * Creates the server of the dashboard. It keeps the key: the browser gets the
 * page and the answers. Only requests that name this machine as their host are
 * answered, so that no other site's name can lead here; only those of the page
 * itself; and only from a browser that has opened a link.
 */
export function createServer(
  { page, doorkeeper, upstream, port, command }: ServerDeps,
): (request: Request) => Response | Promise<Response> {
  const cookieName = `duewatch_${port}`;
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const app = new Hono();

  app.use(async (context, next) => {
    const { url } = context.req.raw;
    const host = context.req.header("Host") ?? new URL(url).host;
    if (!hosts.includes(host)) {
      context.res = refusal(421, "wrong_host", `Use http://${hosts[0]}.`);
    } else await next();
    const { headers } = context.res;
    headers.set("Content-Security-Policy", page.policy);
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set("Cross-Origin-Opener-Policy", "same-origin");
    headers.set("Cache-Control", "no-store");
  });

  // It holds no secret, so that a link in an alert opens it: a cookie that is
  // SameSite=Strict comes with the requests of the page, not with that one.
  app.get("/", (context) => context.html(page.html));

  app.get("/open", (context) => {
    // HEAD comes from programs that look at links before people do.
    const cookie = context.req.method === "GET"
      ? doorkeeper.open(context.req.query("link") ?? "")
      : null;
    if (cookie === null) return context.html(used(command), 403);
    context.header(
      "Set-Cookie",
      `${cookieName}=${cookie}; HttpOnly; SameSite=Strict; Path=/`,
    );
    // Not a redirect: a Strict cookie would not follow one from another site.
    return context.html(WELCOME);
  });

  app.use("/api/*", async (context, next) => {
    const { method } = context.req;
    const origin = context.req.header("Origin");
    const site = context.req.header("Sec-Fetch-Site");
    const isOwn = origin === undefined
      ? method === "GET" && (site === undefined || site === "same-origin")
      : hosts.some((host) => origin === `http://${host}`);
    if (!isOwn) {
      return refusal(403, "wrong_origin", "Only the page itself may ask.");
    }
    if (!doorkeeper.knows(getCookie(context, cookieName))) {
      return refusal(
        401,
        "not_let_in",
        "This browser has not opened a link of this process.",
      );
    }
    await next();
  });
  app.use(
    "/api/*",
    bodyLimit({
      maxSize: MAX_BODY,
      onError: () => refusal(413, "body_too_large", "That is too long."),
    }),
  );

  const query = (url: string) => new URL(url).searchParams;
  app.post(
    "/api/functions/job-control",
    async ({ req }) => await upstream.control(await req.text()),
  );
  app.get(
    "/api/functions/:name",
    ({ req }) => upstream.read(req.param("name"), query(req.url)),
  );
  app.post(
    "/api/rest/rpc/:name",
    async ({ req }) => await upstream.rpc(req.param("name"), await req.text()),
  );
  app.get(
    "/api/rest/:table",
    ({ req }) => upstream.rows(req.param("table"), query(req.url)),
  );
  app.notFound(() => refusal(404, "not_found", "There is nothing here."));
  return (request) => app.fetch(request);
}

const document = (head: string, body: string) =>
  `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">${head}` +
  `<title>Duewatch</title></head><body><main>${body}</main></body></html>`;

const WELCOME = document(
  `<meta http-equiv="refresh" content="0; url=/">`,
  `<p><a href="/">To the dashboard</a></p>`,
);

const used = (command: StartCommand) =>
  document(
    "",
    "<h1>This link does not work</h1><p>Each link works once. To get another, " +
      `press Enter in the terminal where <code>${command}</code> runs.</p>`,
  );
