// The stand-in answers as the real extension does: where that is installed, the
// same tests run against it.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import postgres from "postgres";
import { freePorts } from "../check/free_ports.ts";
import { type Database, withDatabase } from "./support/database.ts";
import { within } from "./support/events.ts";
import { failureOf } from "./support/failure.ts";
import { urls } from "./support/stack.ts";

function test(sentence: string, work: (sql: Database) => Promise<void>): void {
  Deno.test(`http: ${sentence}`, () => withDatabase(work));
}

/** Runs some work beside a server on 127.0.0.1 and ends that afterwards. */
async function withServer<T>(
  answer: (request: Request) => Response | Promise<Response>,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    answer,
  );
  try {
    return await work(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

/** A server that answers only when the test lets it. */
async function withSilentServer<T>(
  work: (url: string, speak: () => void) => Promise<T>,
): Promise<T> {
  const { promise: silence, resolve: speak } = Promise.withResolvers<void>();
  return await withServer(async () => {
    await silence;
    return new Response("at last");
  }, async (url) => {
    try {
      return await work(url, speak);
    } finally {
      speak();
    }
  });
}

/** Runs some statements in a session of their own. */
async function noticesOf(statements: string): Promise<string[]> {
  const notices: string[] = [];
  const session = postgres(urls.databaseUrl, {
    max: 1,
    onnotice: ({ message }) => notices.push(message),
  });
  try {
    await session.unsafe(statements).simple();
    return notices;
  } finally {
    await session.end();
  }
}

/** A session of its own, for options that last as long as the session. */
async function withSession<T>(
  sql: Database,
  work: (session: postgres.ReservedSql) => Promise<T>,
): Promise<T> {
  const session = await sql.reserve();
  try {
    return await work(session);
  } finally {
    await session`reset all`;
    await session`select extensions.http_reset_curlopt()`;
    session.release();
  }
}

test("every status is an answer and not an error", (sql) =>
  withServer(
    ({ url }) => {
      const status = Number(new URL(url).pathname.slice(1));
      return new Response(status === 204 ? null : `got ${status}`, { status });
    },
    async (url) => {
      for (const status of [200, 201, 204, 400, 401, 404, 409, 500, 503]) {
        const [answer] = await sql`
          select status, content
          from extensions.http_get(${`${url}/${status}`})
        `;
        equal(answer.status, status);
        equal(answer.content, status === 204 ? null : `got ${status}`);
      }
    },
  ));

test("a server that cannot be reached raises XX000 with the message of libcurl", async (sql) => {
  const [port] = freePorts(1);
  const failures = {
    [`http://127.0.0.1:${port}/`]: /connect to 127\.0\.0\.1 port/i,
    "http://no-such-host.invalid/": /resolv/i,
  };
  for (const [url, words] of Object.entries(failures)) {
    const { code, message } = await failureOf(
      sql`select extensions.http_get(${url})`,
    );
    equal(code, "XX000");
    match(message, words);
  }
});

test("only http and https are supported, so that no file can be read", async (sql) => {
  const { code, message } = await failureOf(
    sql`select extensions.http_get('file:///etc/hostname')`,
  );
  equal(code, "XX000");
  match(message, /protocol/i);
});

test("a call ends after 5 seconds unless the session or the transaction sets another time-out", (sql) =>
  withSilentServer(async (url, speak) => {
    const patientSession = withSession(sql, async (session) => {
      await session`
        select extensions.http_set_curlopt('CURLOPT_TIMEOUT_MS', '60000')
      `;
      return await session`select status from extensions.http_get(${url})`;
    });
    const patientTransaction = sql.begin(async (transaction) => {
      await transaction`select set_config('http.timeout_msec', '60000', true)`;
      return await transaction`select status from extensions.http_get(${url})`;
    });
    const { code, message } = await failureOf(
      sql`select extensions.http_get(${url})`,
    );
    equal(code, "XX000");
    match(message, /timed out after \d+ milliseconds/);
    equal(Number(/after (\d+)/.exec(message)?.[1]) >= 5_000, true);

    // Those with more time are still waiting.
    speak();
    for (
      const [answer] of await Promise.all([
        patientSession,
        patientTransaction,
      ])
    ) {
      equal(answer.status, 200);
    }
  }));

test("http.timeout_msec wins over the session's option", (sql) =>
  withSilentServer((url) =>
    withSession(sql, async (session) => {
      await session`
        select extensions.http_set_curlopt('CURLOPT_TIMEOUT_MS', '60000')
      `;
      await session`select set_config('http.timeout_msec', '200', false)`;
      const { code, message } = await failureOf(
        session`select extensions.http_get(${url})`,
      );
      equal(code, "XX000");
      match(message, /timed out/);
    })
  ));

test("statement_timeout ends a call with an error of its own and then with 57014, and the call hangs up", async (sql) => {
  const { promise: hungUp, resolve: hangUp } = Promise.withResolvers<void>();
  await withServer(
    (request) =>
      new Promise<Response>((resolve) => {
        request.signal.addEventListener("abort", () => {
          hangUp();
          resolve(new Response("the call was cancelled"));
        });
      }),
    async (url) => {
      const call = sql.begin(async (transaction) => {
        await transaction`select set_config('http.timeout_msec', '60000', true)`;
        await transaction`set local statement_timeout = '300ms'`;
        await transaction`select extensions.http_get(${url})`;
      });
      const failure = failureOf(call);
      const { code, message } = await within(
        20_000,
        "the call is cancelled",
        failure,
      );
      equal(code, "XX000");
      // 1.7 has other words.
      match(message, /^(HTTP request cancelled|canceling statement)/);
      await within(10_000, "the server sees the connection end", hungUp);

      // The first error is all that a handler sees: it is cancelled itself.
      const notices = await within(
        20_000,
        "a block that catches the errors ends",
        noticesOf(
          `
            set statement_timeout = '300ms';
            do $do$
            begin
              begin
                perform extensions.http_get('${url}');
              exception
                when others then
                  raise notice 'the handler works';
              end;
            exception
              when query_canceled then
                raise notice 'the block around it works: %', sqlstate;
            end
            $do$;
            reset statement_timeout;
          `,
        ),
      );
      deepEqual(notices, ["the block around it works: 57014"]);
    },
  );
});

test("headers and body arrive as given, and the content type comes from its own field", (sql) =>
  withServer(
    async (request) =>
      Response.json({
        method: request.method,
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      }),
    async (url) => {
      const [{ content }] = await sql`
        select content
        from extensions.http(
          (
            'POST',
            ${url},
            array[
              extensions.http_header('X-Given', 'one'),
              extensions.http_header('X-Null', null),
              extensions.http_header('Content-Type', 'text/other')
            ],
            'application/json',
            '{"name": "Grüße 😀"}'
          )::extensions.http_request
        )
      `;
      const { method, headers, body } = JSON.parse(content);
      equal(method, "POST");
      equal(headers["x-given"], "one");
      equal("x-null" in headers, false);
      equal(headers["content-type"], "application/json");
      deepEqual(JSON.parse(body), { name: "Grüße 😀" });
    },
  ));

test("an answer of 3 MB arrives whole", async (sql) => {
  const words = Array.from({ length: 400_000 }, (_, index) => `${index};`);
  const text = words.join("").padEnd(3_000_000, "é");
  const md5 = createHash("md5").update(text).digest("hex");
  await withServer(() => new Response(text), async (url) => {
    const [answer] = await sql`
      select length(content) as length, md5(content) as md5
      from extensions.http_get(${url})
    `;
    deepEqual({ ...answer }, { length: text.length, md5 });
  });
});

test("five redirects are followed and a sixth is refused", (sql) =>
  withServer(
    ({ url }) => {
      const left = Number(new URL(url).pathname.slice(1));
      return left === 0 ? new Response("arrived") : new Response(null, {
        status: 302,
        headers: { Location: `/${left - 1}` },
      });
    },
    async (url) => {
      const [answer] = await sql`
        select status, content
        from extensions.http_get(${`${url}/5`})
      `;
      deepEqual({ ...answer }, { status: 200, content: "arrived" });
      const { code, message } = await failureOf(
        sql`select extensions.http_get(${`${url}/6`})`,
      );
      equal(code, "XX000");
      match(message, /redirects/);
    },
  ));

test("an option that does not exist is refused by its name", async (sql) => {
  const { code, message } = await failureOf(
    sql`select extensions.http_set_curlopt('CURLOPT_NO_SUCH', '1')`,
  );
  equal(code, "XX000");
  match(message, /CURLOPT_NO_SUCH/);
  ok(
    (await sql`select * from extensions.http_list_curlopt()`).length === 0,
    "an option that was refused is listed",
  );
});

interface OddAnswer {
  readonly name: string;
  readonly headers?: string;
  readonly body?: readonly number[];
  /** What comes back: the bytes of the content in hexadecimal, or an error. */
  readonly expected: string;
}

const ODD_ANSWERS: readonly OddAnswer[] = [
  {
    name: "bytes that are no text, without a charset, as they are",
    body: [0x61, 0xff, 0x00],
    expected: "61ff00",
  },
  {
    name: "bytes that are no text in the charset that is named",
    headers: "Content-Type: text/plain; charset=utf-8\r\n",
    body: [0x61, 0xff],
    expected: "22021",
  },
  {
    name: "another charset, converted",
    headers: "Content-Type: text/plain; charset=iso-8859-1\r\n",
    body: [0xe9],
    expected: "c3a9",
  },
  {
    name: "a charset that does not exist",
    headers: "Content-Type: text/plain; charset=klingon\r\n",
    body: [0xe9],
    expected: "e9",
  },
  {
    name: "300 headers",
    headers: "X-Header: value\r\n".repeat(300),
    body: [0x61],
    expected: "61",
  },
  {
    name: "fewer bytes than announced",
    headers: "Content-Length: 100\r\n",
    body: [0x61],
    expected: "XX000",
  },
];

for (const { name, headers = "", body = [], expected } of ODD_ANSWERS) {
  test(`an answer with ${name}`, async (sql) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const answered = (async () => {
      using connection = await listener.accept();
      await connection.read(new Uint8Array(4_096));
      const head = `HTTP/1.1 200 OK\r\n${headers}\r\n`;
      await connection.write(
        new Uint8Array([...new TextEncoder().encode(head), ...body]),
      );
    })();
    const url = `http://127.0.0.1:${listener.addr.port}/`;
    const outcome = await sql`
      select encode(extensions.text_to_bytea(content), 'hex') as hex
      from extensions.http_get(${url})
    `.then(([{ hex }]) => hex, ({ code }) => code);
    await answered;
    equal(outcome, expected);
  });
}
