import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { JobsError } from "../errors.ts";
import type { Target } from "../target.ts";
import { createInstallmentsClient } from "./installments.ts";

const KEY = "sb_secret_of-the-test-0123456789";
const ID = "5f0c1f7e-0000-4000-8000-000000000000";

interface Call {
  readonly path: string;
  readonly headers: Headers;
  readonly args: unknown;
}

/** A Data API that answers every call alike. */
function startDataApi(answer: () => Response) {
  const calls: Call[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      const { headers } = request;
      calls.push({ path: pathname, headers, args: await request.json() });
      return answer();
    },
  );
  const name = `http://127.0.0.1:${server.addr.port}`;
  const target = (key = KEY): Target => ({
    name,
    functionsUrl: `${name}/functions/v1`,
    dataUrl: `${name}/rest/v1`,
    key,
    keySource: "DUEWATCH_KEY",
    advice: "",
  });
  return { calls, target, [Symbol.asyncDispose]: () => server.shutdown() };
}

const NOTHING = {
  asOf: "2026-11-22T07:00:00Z",
  installments: 0,
  amounts: [],
  byAgency: [],
};

Deno.test("what is not given keeps the default of the function, and the key goes where each kind belongs", async () => {
  await using api = startDataApi(() => Response.json(NOTHING));
  await createInstallmentsClient(api.target()).preview({ graceDays: 3 });
  await createInstallmentsClient(api.target("a.b.c")).preview({});
  const [first, second] = api.calls;
  equal(first.path, "/rest/v1/rpc/preview_overdue");
  deepEqual([first.args, second.args], [{ grace_days: 3 }, {}]);
  deepEqual(
    [first, second].map(({ headers }) => [
      headers.get("apikey"),
      headers.get("Authorization"),
      headers.get("X-API-Key"),
    ]),
    [[KEY, null, null], ["a.b.c", "Bearer a.b.c", null]],
  );
});

Deno.test("an answer that cannot be used is explained in a sentence, without the key", async () => {
  const explained: readonly (readonly [() => Response, RegExp])[] = [
    [
      () => Response.json({ message: "Invalid API key" }, { status: 401 }),
      /refused the key from DUEWATCH_KEY: the Data API takes /,
    ],
    [
      () => Response.json({ code: "PGRST202", message: "…" }, { status: 404 }),
      /has no function explain_installment: is this version of /,
    ],
    [
      () =>
        Response.json({
          code: "22023",
          message: `as_of\x1b[2J has to be an instant, ${KEY}`,
          hint: "Try now.",
        }, { status: 400 }),
      /^As_of \[2J has to be an instant, …\. Try now\.$/,
    ],
    [
      () =>
        Response.json({
          code: "42501",
          message: "permission denied for table organizations",
        }, { status: 403 }),
      /organizations\. The secret key reads as service_role: grant select on table organizations to service_role;$/,
    ],
    [
      () => Response.json({ code: "57014", message: "time" }, { status: 500 }),
      /^explain_installment at http:.* answered 500: time$/,
    ],
    [
      () =>
        new Response(null, {
          status: 302,
          headers: { Location: "https://evil.example/x" },
        }),
      /redirects to evil\.example: give the address/,
    ],
    [() => Response.json({ verdict: 1 }), /in a form that is not known here/],
    [() => new Response("<html>"), /in a form that is not known here/],
  ];
  for (const [answer, sentence] of explained) {
    await using api = startDataApi(answer);
    await rejects(
      createInstallmentsClient(api.target()).explain(ID),
      (error) => {
        if (!(error instanceof JobsError)) return false;
        match(error.message, sentence);
        return !error.message.includes(KEY);
      },
    );
  }
});
