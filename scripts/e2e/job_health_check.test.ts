import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { freePorts } from "../check/free_ports.ts";
import { run } from "../stack/command.ts";
import { config } from "./support/stack.ts";

const WORKFLOW = ".github/workflows/job-health-check.yml";
// Between two attempts; curl would wait for 1, 2, 4 and 8 seconds.
const PAUSE_MS = 1000;
const READ_KEY = "read-key-of-the-workflow";
const SLUG = "/functions/v1/check-job-health";

const workflow = z.object({
  jobs: z.object({
    check: z.object({
      steps: z.tuple([z.object({ shell: z.literal("bash"), run: z.string() })]),
    }),
  }),
});

/** The shell text of the workflow, as GitHub runs it. */
async function script(): Promise<string> {
  const text = await Deno.readTextFile(join(config.repoDir, WORKFLOW));
  return workflow.parse(parse(text)).jobs.check.steps[0].run;
}

const report = (status: string) =>
  Response.json({ status, checkedAt: "2026-11-28T07:00:00Z", jobs: [] }, {
    status: status === "critical" ? 503 : 200,
  });

/** The result of one run of the script. */
interface Result {
  readonly code: number;
  /** Standard output and standard error. */
  readonly output: string;
  /** The summary on the page of the run. */
  readonly summary: string;
  readonly milliseconds: number;
  readonly requests: readonly {
    readonly path: string;
    readonly key: string | null;
  }[];
}

interface Scenario {
  /** Answers the requests in turn, the last answer for ever; without answers nothing listens. */
  readonly answers?: readonly (() => Response)[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly check: (result: Result) => void;
}

const scenarios: Readonly<Record<string, Scenario>> = {
  "200 with a report passes, and the summary has the report": {
    answers: [() => report("ok")],
    check({ code, output, summary, requests }) {
      deepEqual([code, output], [0, ""]);
      match(summary, /^## Job health\n\n {4}\{\n {4} {2}"status": "ok",\n/);
      deepEqual(requests, [{ path: SLUG, key: READ_KEY }]);
    },
  },

  "a warning passes": {
    answers: [() => report("warning")],
    check: ({ code, output }) => deepEqual([code, output], [0, ""]),
  },

  "503 with a report fails after five attempts, and the summary has the report once":
    {
      answers: [() => report("critical")],
      check({ code, output, summary, requests }) {
        equal(code, 1);
        match(
          output,
          /^::error::The jobs are not healthy.*curl ended with 22/m,
        );
        equal(summary.match(/"status": "critical"/g)?.length, 1);
        equal(requests.length, 5);
      },
    },

  "503 followed by 200 passes": {
    answers: [() => report("critical"), () => report("ok")],
    check({ code, summary, requests }) {
      deepEqual([code, requests.length], [0, 2]);
      doesNotMatch(summary, /critical/);
      doesNotMatch(summary, /There was no answer/);
    },
  },

  "500 without a body fails after five attempts": {
    answers: [() => new Response(null, { status: 500 })],
    check({ code, output, summary, requests }) {
      equal(code, 1);
      match(output, /^::error::.*curl ended with 22/m);
      match(summary, /^ {4}There was no answer\.$/m);
      equal(requests.length, 5);
    },
  },

  "404 fails at once, and the summary has the answer": {
    answers: [
      () =>
        Response.json({ message: "Requested function was not found" }, {
          status: 404,
        }),
    ],
    check({ code, output, summary, requests }) {
      equal(code, 1);
      match(output, /^::error::.*curl ended with 22/m);
      match(
        summary,
        /^ {4} {2}"message": "Requested function was not found"$/m,
      );
      equal(requests.length, 1);
    },
  },

  "an address at which nothing listens fails after five attempts": {
    check({ code, output, summary, milliseconds }) {
      equal(code, 1);
      match(output, /^::error::.*curl ended with 7\b/m);
      match(summary, /^ {4}There was no answer\.$/m);
      ok(milliseconds >= 4 * PAUSE_MS, `it gave up after ${milliseconds} ms`);
    },
  },

  "a page that is not a report fails, and none of it is a command or Markdown":
    {
      answers: [
        () =>
          new Response("<h1>Welcome</h1>\r\n::error::Not ours\n# Heading\n"),
      ],
      check({ code, output, summary }) {
        equal(code, 1);
        match(
          output,
          /^::error::The address in DUEWATCH_FUNCTIONS_URL is not/m,
        );
        doesNotMatch(output, /Not ours/);
        match(
          summary,
          /^ {4}<h1>Welcome<\/h1>\n {4}::error::Not ours\n {4}# H/m,
        );
      },
    },

  "JSON that is not a report fails": {
    answers: [() => Response.json({ status: "ok" })],
    check({ code, output }) {
      equal(code, 1);
      match(output, /^::error::The address in DUEWATCH_FUNCTIONS_URL is not/m);
    },
  },

  "an empty answer fails": {
    answers: [() => new Response("")],
    check({ code, output, summary }) {
      equal(code, 1);
      match(output, /^::error::The address in DUEWATCH_FUNCTIONS_URL is not/m);
      match(summary, /^ {4}There was no answer\.$/m);
    },
  },

  "a missing variable is named": {
    answers: [() => report("ok")],
    variables: { FUNCTIONS_URL: "" },
    check({ code, output, requests }) {
      deepEqual([code, requests.length], [1, 0]);
      match(
        output,
        /^::error::The variable DUEWATCH_FUNCTIONS_URL is not set/m,
      );
    },
  },

  "a missing secret is named": {
    answers: [() => report("ok")],
    variables: { JOBS_READ_KEY: "" },
    check({ code, output, requests }) {
      deepEqual([code, requests.length], [1, 0]);
      match(output, /^::error::The secret JOBS_READ_KEY is not set/m);
    },
  },

  "the key is not sent over an address without encryption": {
    variables: { FUNCTIONS_URL: "http://127.0.0.1:1/functions/v1" },
    check({ code, output }) {
      equal(code, 1);
      match(output, /^::error::.*curl ended with 1\b/m);
    },
  },
};

interface Certificate {
  readonly file: string;
  readonly cert: string;
  readonly key: string;
}

/** A certificate for 127.0.0.1, for a day. */
async function certificateIn(folder: string): Promise<Certificate> {
  const [file, keyFile] = ["cert.pem", "key.pem"].map((name) =>
    join(folder, name)
  );
  const { code, stderr } = await run([
    "openssl",
    ...["req", "-x509", "-newkey", "ec", "-nodes", "-days", "1"],
    ...["-pkeyopt", "ec_paramgen_curve:prime256v1"],
    ...["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
    ...["-out", file, "-keyout", keyFile],
  ]);
  equal(code, 0, stderr);
  return {
    file,
    cert: await Deno.readTextFile(file),
    key: await Deno.readTextFile(keyFile),
  };
}

async function resultOf(
  { answers = [], variables = {} }: Scenario,
  { cert, key, file }: Certificate,
): Promise<Result> {
  const folder = await Deno.makeTempDir();
  const requests: Result["requests"][number][] = [];
  const server = answers.length === 0 ? null : Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
    ({ url, headers }) => {
      requests.push({
        path: new URL(url).pathname,
        key: headers.get("X-API-Key"),
      });
      return answers[Math.min(requests.length, answers.length) - 1]();
    },
  );
  const port = server?.addr.port ?? freePorts(1)[0];
  const summaryFile = join(folder, "summary.md");
  try {
    await Deno.writeTextFile(summaryFile, "");
    await Deno.writeTextFile(
      join(folder, ".curlrc"),
      `retry-delay = ${PAUSE_MS / 1000}\ncacert = ${file}\nnoproxy = *\n`,
    );
    const startedAt = performance.now();
    // As GitHub calls `shell: bash`.
    const { code, stdout, stderr } = await run([
      ...["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"],
      await script(),
    ], {
      cwd: folder,
      env: {
        CURL_HOME: folder,
        GITHUB_STEP_SUMMARY: summaryFile,
        FUNCTIONS_URL: `https://127.0.0.1:${port}/functions/v1/`,
        JOBS_READ_KEY: READ_KEY,
        ...variables,
      },
    });
    const summary = await Deno.readTextFile(summaryFile);
    const milliseconds = performance.now() - startedAt;
    return { code, output: stdout + stderr, summary, milliseconds, requests };
  } finally {
    await server?.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the workflow that checks the jobs from outside", async (test) => {
  const folder = await Deno.makeTempDir();
  try {
    const certificate = await certificateIn(folder);
    // All at once, because curl waits between its attempts.
    const results = Object.entries(scenarios).map(([name, scenario]) => ({
      name,
      scenario,
      result: resultOf(scenario, certificate),
    }));
    await Promise.allSettled(results.map(({ result }) => result));
    for (const { name, scenario, result } of results) {
      await test.step(name, async () => scenario.check(await result));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
