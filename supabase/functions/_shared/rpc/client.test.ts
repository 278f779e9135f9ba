import assert from "node:assert/strict";
import { classifyFailure } from "./failure.ts";
import { type CallRpc, createAdmin, rpcThrough } from "./client.ts";

const SECRET = "sb_secret_of_the_test";
const RUN = { run_id: "00000000-0000-4000-8000-000000000001" };
const patience = () => new AbortController().signal;

interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly apikey: string | null;
}

interface DataApi {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  readonly callRpc: CallRpc;
}

/** Answers every request in one way, and notes what was asked. */
async function withDataApi(
  answer: () => Response | Promise<Response>,
  test: (api: DataApi) => Promise<void>,
): Promise<void> {
  const requests: ReceivedRequest[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      await request.text();
      requests.push({
        method: request.method,
        path: new URL(request.url).pathname,
        apikey: request.headers.get("apikey"),
      });
      return await answer();
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  await test({ url, requests, callRpc: rpcAt(url) });
}

const rpcAt = (url: string) =>
  rpcThrough(createAdmin({
    SUPABASE_URL: url,
    SUPABASE_SECRET_KEYS: { default: SECRET },
  }));

Deno.test("a call reaches the Data API once, with the secret key", async () => {
  await withDataApi(
    () => Response.json({ done: true }),
    async ({ callRpc, requests }) => {
      const answer = await callRpc(
        "process_installment_batch",
        RUN,
        patience(),
      );
      assert.deepEqual(answer, {
        status: 200,
        data: { done: true },
        error: null,
      });
      assert.deepEqual(requests, [{
        method: "POST",
        path: "/rest/v1/rpc/process_installment_batch",
        apikey: SECRET,
      }]);
    },
  );
});

Deno.test("the service role key serves where there are no secret keys", async () => {
  await withDataApi(
    () => Response.json({ done: true }),
    async ({ url, requests }) => {
      const callRpc = rpcThrough(createAdmin({
        SUPABASE_URL: url,
        SUPABASE_SECRET_KEYS: {},
        SUPABASE_SERVICE_ROLE_KEY: "legacy-key",
      }));
      await callRpc("process_installment_batch", RUN, patience());
      assert.deepEqual(requests.map(({ apikey }) => apikey), ["legacy-key"]);
    },
  );
});

Deno.test("without any key the start stops and names both variables", () => {
  assert.throws(
    () =>
      createAdmin({
        SUPABASE_URL: "http://127.0.0.1:54321",
        SUPABASE_SECRET_KEYS: {},
      }),
    {
      name: "EnvironmentError",
      message: /SUPABASE_SECRET_KEYS and SUPABASE_SERVICE_ROLE_KEY/,
    },
  );
});

const failures: {
  name: string;
  answer: () => Response;
  expected: { kind: string; code: string; message: RegExp };
}[] = [
  {
    name: "a raised SQLSTATE",
    answer: () =>
      Response.json(
        { code: "57014", message: "canceling statement", details: null },
        { status: 500 },
      ),
    expected: {
      kind: "transient",
      code: "57014",
      message: /^canceling statement$/,
    },
  },
  {
    name: "a proxy's HTML page",
    answer: () => new Response("<h1>Bad Gateway</h1>", { status: 502 }),
    expected: { kind: "transient", code: "http_502", message: /Bad Gateway/ },
  },
  {
    name: "an empty 503",
    answer: () => new Response("", { status: 503 }),
    expected: { kind: "transient", code: "http_503", message: /no body/ },
  },
  {
    name: "a 520, which supabase-js would repeat for a GET",
    answer: () => new Response("cf", { status: 520 }),
    expected: { kind: "transient", code: "http_520", message: /cf/ },
  },
  {
    name: "a 500 whose body is null",
    answer: () => Response.json(null, { status: 500 }),
    expected: { kind: "transient", code: "http_500", message: /no body/ },
  },
  {
    name: "a missing function",
    answer: () =>
      Response.json(
        { code: "PGRST202", message: "Could not find the function" },
        { status: 404 },
      ),
    expected: {
      kind: "permanent",
      code: "PGRST202",
      message: /Could not find/,
    },
  },
  {
    name: "a 200 that is not JSON",
    answer: () => new Response("hello"),
    expected: { kind: "permanent", code: "http_200", message: /hello/ },
  },
];

for (const { name, answer, expected } of failures) {
  Deno.test(`${name} is reported as ${expected.kind}, after one request`, async () => {
    await withDataApi(answer, async ({ callRpc, requests }) => {
      const failure = classifyFailure(
        await callRpc("process_installment_batch", RUN, patience()),
      );
      assert.equal(failure.kind, expected.kind);
      assert.equal(failure.code, expected.code);
      assert.match(failure.message, expected.message);
      assert.equal(requests.length, 1);
    });
  });
}

Deno.test("a database that cannot be reached is a network failure", async () => {
  // A port that was free a moment ago.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();

  const failure = classifyFailure(
    await rpcAt(`http://127.0.0.1:${port}`)(
      "process_installment_batch",
      RUN,
      patience(),
    ),
  );
  assert.equal(failure.kind, "transient");
  assert.equal(failure.reason, "network");
  assert.match(failure.message, /refused/);
  assert.doesNotMatch(failure.message, new RegExp(SECRET));
});

Deno.test("an answer that breaks off is a network failure", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(4096));
    await connection.write(
      new TextEncoder().encode(
        'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"done":',
      ),
    );
  })();

  const failure = classifyFailure(
    await rpcAt(`http://127.0.0.1:${listener.addr.port}`)(
      "process_installment_batch",
      RUN,
      patience(),
    ),
  );
  await serving;
  assert.equal(failure.kind, "transient");
  assert.equal(failure.reason, "network");
});

Deno.test("a call that is given up on time is a time-out", async () => {
  const release = Promise.withResolvers<Response>();
  const timeLimit = new AbortController();
  await withDataApi(
    () => {
      timeLimit.abort(new DOMException("too long", "TimeoutError"));
      return release.promise;
    },
    async ({ callRpc }) => {
      const failure = classifyFailure(
        await callRpc("process_installment_batch", RUN, timeLimit.signal),
      );
      release.resolve(Response.json({}));
      assert.equal(failure.kind, "transient");
      assert.equal(failure.reason, "timeout");
    },
  );
});
