import { deepEqual, equal, match } from "node:assert/strict";
import { createServer } from "./app.ts";
import { createDoorkeeper } from "./links.ts";
import { createUpstream } from "./upstream.ts";

const PORT = 54323;
const ORIGIN = `http://127.0.0.1:${PORT}`;
const KEY = "job_0123456789abcdef";

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly redirect: string;
  readonly body: string;
}

function setUp(
  answer: () => Response | Promise<Response> = () => Response.json({}),
) {
  const sent: Sent[] = [];
  const doorkeeper = createDoorkeeper();
  const upstream = createUpstream(
    {
      functionsUrl: "https://project.example/functions/v1",
      restUrl: "https://project.example/rest/v1",
      key: KEY,
      secretKey: "sb_secret_0123456789",
    },
    async (url, init) => {
      sent.push({
        url: String(url),
        method: init?.method ?? "GET",
        headers: new Headers(init?.headers),
        redirect: init?.redirect ?? "follow",
        body: String(init?.body ?? ""),
      });
      return await answer();
    },
  );
  const page = { html: "<p>The page</p>", policy: "default-src 'none'" };
  const handle = createServer({
    page,
    doorkeeper,
    upstream,
    port: PORT,
    command: "npm run dashboard",
  });
  const ask = async (
    path: string,
    init: RequestInit & { headers?: Record<string, string> } = {},
  ) =>
    await handle(
      new Request(`${ORIGIN}${path}`, {
        ...init,
        headers: { Host: `127.0.0.1:${PORT}`, ...init.headers },
      }),
    );
  const letIn = async () => {
    const response = await ask(`/open?link=${doorkeeper.newLink()}`);
    return response.headers.get("Set-Cookie")?.split(";")[0] ?? "";
  };
  return { sent, doorkeeper, ask, letIn };
}

async function codeOf(response: Response): Promise<string> {
  return (await response.json()).error.code;
}

Deno.test("a link lets one browser in, once, with a cookie that no script reads", async () => {
  const { ask, doorkeeper } = setUp();
  const link = `/open?link=${doorkeeper.newLink()}`;
  equal((await ask(link, { method: "HEAD" })).headers.get("Set-Cookie"), null);
  const first = await ask(link);
  equal(first.status, 200);
  match(
    first.headers.get("Set-Cookie") ?? "",
    /^duewatch_54323=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/,
  );
  const second = await ask(link);
  equal(second.status, 403);
  equal(second.headers.get("Set-Cookie"), null);
  equal((await ask("/open")).status, 403);
});

Deno.test("without the cookie nothing is read and nothing done", async () => {
  const { ask, sent } = setUp();
  for (const cookie of ["", "duewatch_54323=guess", "duewatch_1=guess"]) {
    const read = await ask("/api/functions/job-logs", {
      headers: { Cookie: cookie },
    });
    equal(read.status, 401);
    equal(await codeOf(read), "not_let_in");
    const act = await ask("/api/functions/job-control", {
      method: "POST",
      headers: { Cookie: cookie, Origin: ORIGIN },
      body: "{}",
    });
    equal(act.status, 401);
  }
  deepEqual(sent, []);
});

Deno.test("another name of this machine is refused, so that no site can rebind its own to it", async () => {
  const { ask, letIn, sent } = setUp();
  const Cookie = await letIn();
  for (
    const Host of [
      "evil.example",
      "evil.example:54323",
      "127.0.0.1",
      "127.0.0.1:80",
    ]
  ) {
    for (const path of ["/", "/api/functions/job-logs"]) {
      const response = await ask(path, { headers: { Host, Cookie } });
      equal(response.status, 421, Host);
    }
  }
  deepEqual(sent, []);
});

Deno.test("another site's request is refused, with the cookie too", async () => {
  const { ask, letIn, sent } = setUp();
  const Cookie = await letIn();
  const foreign: Record<string, string>[] = [
    { Origin: "https://evil.example" },
    { Origin: "null" },
    { Origin: "http://127.0.0.1:8000" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
  ];
  for (const headers of foreign) {
    const response = await ask("/api/functions/job-logs", {
      headers: { ...headers, Cookie },
    });
    equal(await codeOf(response), "wrong_origin", JSON.stringify(headers));
  }
  const unnamed = await ask("/api/functions/job-control", {
    method: "POST",
    headers: { Cookie },
    body: "{}",
  });
  equal(await codeOf(unnamed), "wrong_origin");
  deepEqual(sent, []);
});

Deno.test("only reads that act on nothing, and job-control, reach the project, with the key", async () => {
  const { ask, letIn, sent } = setUp();
  const Cookie = await letIn();
  const headers = { Cookie, Origin: ORIGIN };
  await ask("/api/functions/check-job-health?dryRun=false&recentRuns=60", {
    headers,
  });
  await ask("/api/functions/job-logs?limit=5", { headers });
  await ask("/api/functions/job-control", {
    method: "POST",
    headers,
    body: '{"action":"run"}',
  });
  deepEqual(
    sent.map((
      { url, method, redirect, body },
    ) => [method, url, redirect, body]),
    [
      [
        "GET",
        "https://project.example/functions/v1/check-job-health?dryRun=true&recentRuns=60",
        "error",
        "",
      ],
      [
        "GET",
        "https://project.example/functions/v1/job-logs?limit=5",
        "error",
        "",
      ],
      [
        "POST",
        "https://project.example/functions/v1/job-control",
        "error",
        '{"action":"run"}',
      ],
    ],
  );
  for (const { headers } of sent) equal(headers.get("X-API-Key"), KEY);

  for (
    const path of [
      "/api/functions/update-installment-statuses",
      "/api/functions/job-metrics",
      "/api/functions/..%2f..%2frest%2fv1%2fuser_roles",
      "/api/rest/user_roles",
      "/api/rest/jobs_log",
    ]
  ) equal((await ask(path, { headers })).status, 404, path);
  const rpc = await ask("/api/rest/rpc/finish_job_run", {
    method: "POST",
    headers,
    body: "{}",
  });
  equal(rpc.status, 404);
  equal(sent.length, 3);
});

Deno.test("a body that is too long is refused", async () => {
  const { ask, letIn, sent } = setUp();
  const response = await ask("/api/functions/job-control", {
    method: "POST",
    headers: {
      Cookie: await letIn(),
      Origin: ORIGIN,
      "Content-Length": "20000",
    },
    body: "a".repeat(20_000),
  });
  equal(response.status, 413);
  deepEqual(sent, []);
});

const answers: [
  name: string,
  answer: () => Response | Promise<Response>,
  status: number,
  code: string,
][] = [
  [
    "nothing answers",
    () => Promise.reject(new TypeError("refused")),
    502,
    "functions_unreachable",
  ],
  [
    "a file server answers",
    () => new Response("<h1>404</h1>", { status: 404 }),
    502,
    "functions_unreachable",
  ],
  [
    "the key is refused",
    () => Response.json({ error: { code: "unauthorized" } }, { status: 401 }),
    401,
    "key_refused",
  ],
  [
    "there is no such run",
    () => Response.json({ error: { code: "unknown_run" } }, { status: 404 }),
    404,
    "unknown_run",
  ],
];

for (const [name, answer, status, code] of answers) {
  Deno.test(`the page learns that ${name}`, async () => {
    const { ask, letIn } = setUp(answer);
    const response = await ask("/api/functions/job-logs", {
      headers: { Cookie: await letIn() },
    });
    equal(response.status, status);
    equal(await codeOf(response), code);
  });
}

Deno.test("every answer has the policy, and nothing of the key", async () => {
  const { ask, letIn } = setUp(() =>
    Response.json({ ok: true }, {
      headers: { "X-Key": KEY, "Retry-After": "7" },
    })
  );
  const headers = { Cookie: await letIn() };
  for (const path of ["/", "/open", "/nowhere", "/api/functions/job-logs"]) {
    const response = await ask(path, { headers });
    equal(
      response.headers.get("Content-Security-Policy"),
      "default-src 'none'",
    );
    equal(response.headers.get("Cache-Control"), "no-store");
    equal(response.headers.get("Access-Control-Allow-Origin"), null);
    const text = JSON.stringify([...response.headers]) + await response.text();
    equal(text.includes(KEY), false, path);
  }
});
