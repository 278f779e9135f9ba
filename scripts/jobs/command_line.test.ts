import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { type ExitCode, toJson } from "./context.ts";
import { runCommandLine } from "./command_line.ts";
import {
  errorResponse,
  type FakeFunction,
  type FakeProject,
  startFakeProject,
} from "./testing/fake_functions.ts";
import {
  type MemoryTerminal,
  memoryTerminal,
} from "./testing/memory_terminal.ts";
import {
  idBeginning,
  NOW,
  sampleHealth,
  samplePage,
  sampleRun,
} from "./testing/samples.ts";

const KEY = "key-of-the-test-0123456789";
const JOB = "update-installment-statuses";

interface Ended {
  readonly exitCode: ExitCode;
  readonly terminal: MemoryTerminal;
}

/** Runs a command against a project, or where there is none. */
async function jobs(
  project: FakeProject | null,
  ...args: string[]
): Promise<Ended> {
  const terminal = memoryTerminal({ columns: 80 });
  const exitCode = await runCommandLine(args, {
    terminal,
    environment: project === null
      ? { DUEWATCH_STATE_DIR: "/nonexistent" }
      : { DUEWATCH_URL: project.url, DUEWATCH_KEY: KEY },
    now: () => NOW,
    command: "npm run jobs --",
    cwd: "/",
    stopSignal: () => AbortSignal.abort("SIGINT"),
  });
  for (const text of [terminal.output, terminal.notes]) {
    equal(text.includes(KEY), false);
  }
  return { exitCode, terminal };
}

const answers = (value: unknown, status = 200): FakeFunction => () =>
  Response.json(value, { status });

const report = (status: "ok" | "warning" | "critical") =>
  startFakeProject({
    "check-job-health": answers(
      sampleHealth({ status }),
      status === "critical" ? 503 : 200,
    ),
  });

Deno.test("status prints the report, and with --json what was answered", async () => {
  await using project = await report("ok");
  const { exitCode, terminal } = await jobs(project, "status");
  equal(exitCode, 0);
  match(
    terminal.output,
    new RegExp(`^ok {2}${project.url}, checked 2026-11-22 `),
  );
  match(terminal.output, /^update-installment-statuses {2}ok .*0 7 \* \* \*$/m);

  const { terminal: json } = await jobs(project, "status", "--json");
  deepEqual(JSON.parse(json.output), sampleHealth());
  equal(json.notes, "");
});

Deno.test("status fails only when asked to, by how bad it is", async () => {
  const expected = [["ok", 0], ["warning", 1], ["critical", 2]] as const;
  for (const [status, code] of expected) {
    await using project = await report(status);
    equal((await jobs(project, "status")).exitCode, 0);
    equal((await jobs(project, "status", "--exit-code")).exitCode, code);
  }
});

const history = (count: number) =>
  Array.from({ length: count }, (_, number) =>
    sampleRun({
      id: idBeginning(String(10_000_000 + number)),
      startedAt: new Date(NOW.getTime() - number * 86_400_000).toISOString(),
    }));

/** A project with a run a day, which knows how to page. */
function dailyProject(count: number): FakeProject {
  const runs = history(count);
  return startFakeProject({
    "job-logs": ({ query }) => {
      if (query.jobName === "other") {
        return errorResponse(404, "unknown_job", "There is no job other.");
      }
      const begin = Number(query.cursor ?? 0);
      const end = begin + Number(query.limit);
      const data = query.status === "failed" ? [] : runs.slice(begin, end);
      const nextCursor = end < runs.length ? String(end) : null;
      return Response.json(samplePage(data, nextCursor));
    },
  });
}

Deno.test("runs prints the latest 20, and that there are more", async () => {
  await using project = dailyProject(21);
  const { exitCode, terminal } = await jobs(project, "runs", JOB);
  equal(exitCode, 0);
  const lines = terminal.output.split("\n");
  deepEqual(lines.slice(0, 4), [
    JOB,
    "run       started (UTC)     status     took  rows  age       trigger  error",
    "────────  ────────────────  ───────  ──────  ────  ────────  ───────  ─────",
    "10000000  2026-11-22 16:20  success  107 ms    93  now       cron",
  ]);
  deepEqual(lines.slice(-3), [
    "",
    "Older runs exist: use --limit <count>, --since <when>, or --all.",
    "",
  ]);
  equal(lines.length, 3 + 20 + 3);
  deepEqual(project.received[0].query, { jobName: JOB, limit: "20" });
});

Deno.test("runs prints as many runs as the limit allows, page by page", async () => {
  await using project = dailyProject(250);
  const counted = async (...args: string[]) => {
    const { terminal } = await jobs(project, "--json", "runs", ...args);
    const { data, meta } = JSON.parse(terminal.output);
    deepEqual(data, history(data.length));
    return meta;
  };
  deepEqual(await counted(), { count: 20, limit: 20, nextCursor: "20" });
  deepEqual(await counted("--limit", "120"), {
    count: 120,
    limit: 120,
    nextCursor: "120",
  });
  const all = { limit: null, nextCursor: null };
  deepEqual(await counted("--all"), { count: 250, ...all });
  deepEqual(await counted("--since", "7d"), { count: 8, ...all });
  deepEqual(await counted("--since", "2026-11-20"), { count: 3, ...all });
});

Deno.test("runs says when no run was found", async () => {
  await using project = dailyProject(3);
  const { exitCode, terminal } = await jobs(
    project,
    "runs",
    "--status",
    "failed",
  );
  equal(exitCode, 0);
  equal(terminal.output, "No runs found.\n");
});

Deno.test("run prints all details of one run", async () => {
  const run = sampleRun({ errors: [{ id: "1", name: "A", error: "no" }] });
  await using project = startFakeProject({
    "job-logs": answers(samplePage([run])),
  });
  const { exitCode, terminal } = await jobs(project, "run", run.id);
  equal(exitCode, 0);
  match(
    terminal.output,
    /^run {14}cb57e051-[^]*\nFailed items\nA \(1\): no\n$/,
  );

  const { terminal: json } = await jobs(project, "run", run.id, "--json");
  deepEqual(JSON.parse(json.output), samplePage([run]));
});

const incident = {
  jobName: JOB,
  kind: "run_failed",
  openedAt: "2026-11-20T07:00:05Z",
  lastSeenAt: "2026-11-22T07:00:05Z",
  lastAlertedAt: "2026-11-22T07:00:05Z",
  occurrences: 3,
  reminders: 2,
  lastAlert: {
    status: "waiting" as const,
    since: "2026-11-22T07:00:05Z",
    channels: ["slack"],
    error: null,
  },
};

Deno.test("alerts prints the open incidents and what the channels have to do", async () => {
  const { checkedAt, channels } = sampleHealth();
  await using project = startFakeProject({
    "check-job-health": answers(sampleHealth({ incidents: [incident] })),
  });
  const { exitCode, terminal } = await jobs(project, "alerts");
  equal(exitCode, 0);
  match(terminal.output, /^job .*\n─.*\nupdate-.* run_failed .*\n\nchannel /);

  const { terminal: json } = await jobs(project, "alerts", "--json");
  deepEqual(JSON.parse(json.output), {
    checkedAt,
    incidents: [incident],
    channels,
  });
});

Deno.test("trigger runs the job and exits with what became of it", async () => {
  let status: "success" | "failed" = "success";
  await using project = startFakeProject({
    [JOB]: ({ runId }) => Response.json({ success: true, runId }),
    "job-logs": ({ query: { id } }) =>
      Response.json(samplePage([sampleRun({ id, status })])),
  });
  const good = await jobs(project, "trigger", JOB);
  equal(good.exitCode, 0);
  match(good.terminal.output, /^run .*\njob .*\ntrigger .*\nstatus +success\n/);
  const [{ runId, method }] = project.received;
  equal(method, "POST");
  match(good.terminal.output, new RegExp(`^run +${runId}\n`));

  status = "failed";
  equal((await jobs(project, "trigger", JOB)).exitCode, 1);
});

Deno.test("watch ends with 0 when it is stopped", async () => {
  await using project = await report("ok");
  const { exitCode, terminal } = await jobs(project, "watch");
  equal(exitCode, 0);
  equal(terminal.notes, "");
});

/** The sentence with which a command ends. */
async function problemOf(
  project: FakeProject | null,
  ...args: string[]
): Promise<string> {
  const { exitCode, terminal } = await jobs(project, ...args);
  equal(exitCode, 2, args.join(" "));
  equal(terminal.output, "");
  doesNotMatch(terminal.notes, /^\s+at /m);
  return terminal.notes;
}

Deno.test("invalid arguments are reported, and nothing is sent", async () => {
  await using project = dailyProject(1);
  const refused: readonly (readonly [string[], RegExp])[] = [
    [["nonsense"], /unknown command 'nonsense'/],
    [["runs", "--limit", "0"], /whole number from 1 to 100000/],
    [["runs", "--limit", "1e3"], /whole number from 1 to 100000/],
    [["runs", "--limit"], /argument missing/],
    [["runs", "--status", "bad"], /Allowed choices are running, success, fail/],
    [["runs", "--since", "soon"], /--since takes a length such as 24h/],
    [["runs", "--all", "--limit", "3"], /cannot be used with/],
    [["runs", "a", "b"], /too many arguments/],
    [["run"], /missing required argument 'id'/],
    [["run", "x"], /A run is named by its id/],
    [["trigger"], /missing required argument 'job'/],
    [["trigger", JOB, "--timeout", "0"], /whole number from 1 to 86400/],
    [["watch", "--interval", "0"], /whole number from 1 to 3600/],
    [["status", "--frobnicate"], /unknown option '--frobnicate'/],
    [["status", "--url", "x"], /The address of the project is not valid/],
    [["status", "--key-file", "/nonexistent/x"], /There is no key file/],
  ];
  for (const [args, reason] of refused) {
    match(await problemOf(project, ...args), reason);
  }
  deepEqual(project.received, []);
});

Deno.test("a key on the command line is refused and not repeated", async () => {
  await using project = await report("ok");
  for (const args of [["--key", KEY], [`--key=${KEY}`]]) {
    const problem = await problemOf(project, "status", ...args);
    match(
      problem,
      /^Every user of the machine can read a key on the command line/,
    );
  }
  deepEqual(project.received, []);
});

Deno.test("an unusable answer of the project is reported in one sentence", async () => {
  await using project = dailyProject(1);
  equal(
    await problemOf(project, "runs", "other"),
    "There is no job other.\n",
  );
  match(
    await problemOf(project, "status"),
    /^http:\S+ has no function check-job-health: is this the address .*\?\n$/,
  );
});

Deno.test("without a project and without a local stack there is nothing to ask", async () => {
  equal(
    await problemOf(null, "status"),
    "There is no local stack. Name a project with --linked or --url, or start " +
      "the stack in a checkout: npm start\n",
  );
  equal(
    await problemOf(null, "--linked", "status"),
    "No project is linked in /. Link it with npx supabase link, or name its " +
      "address with --url.\n",
  );
  equal(
    await problemOf(null, "--linked", "--url=https://x.example", "status"),
    "Give --url or --linked, not both.\n",
  );
});

Deno.test("help is on standard output, and no command at all is an error with help", async () => {
  for (const args of [["--help"], ["runs", "--help"]]) {
    const { exitCode, terminal } = await jobs(null, ...args);
    equal(exitCode, 0);
    match(terminal.output, /^Usage: npm run jobs -- /);
    doesNotMatch(terminal.output, /--key /);
  }
  match(await problemOf(null), /^Usage: npm run jobs -- /);
});

Deno.test("JSON holds nothing that controls a terminal", () => {
  const text = 'a"\x1b\x7f\x9b\u202e\u2066é';
  const json = toJson({ text });
  equal(json, '{"text":"a\\"\\u001b\\u007f\\u009b\\u202e\\u2066é"}');
  deepEqual(JSON.parse(json), { text });
});

Deno.test("an action is sent to job-control, and needs its reason", async () => {
  await using project = startFakeProject({
    "job-control": answers({
      action: "snooze",
      jobName: JOB,
      runId: null,
      channel: null,
      reason: "why not",
      requestedBy: "job key",
      requestedAt: "2026-11-22T16:20:00Z",
      until: "2026-11-22T18:20:00Z",
      endedAt: null,
      changed: true,
    }),
  });
  for (const command of ["pause", "snooze", "cancel"]) {
    const { exitCode, terminal } = await jobs(project, command, JOB);
    equal(exitCode, 2);
    match(terminal.notes, /required option '--reason <text>'/);
  }
  deepEqual(project.received, []);

  const { exitCode, terminal } = await jobs(
    project,
    "snooze",
    JOB,
    "--for",
    "2h",
    "--reason",
    "why not",
  );
  equal(exitCode, 0);
  match(terminal.output, /is snoozed: it raises no alert until 2026-11-22 18:/);
  deepEqual(project.received.map(({ body = "" }) => JSON.parse(body)), [{
    action: "snooze",
    jobName: JOB,
    reason: "why not",
    until: new Date(NOW.getTime() + 7_200_000).toISOString(),
  }]);
});

Deno.test("what job-control refuses is said in its own words", async () => {
  await using project = startFakeProject({
    "job-control": () =>
      errorResponse(403, "forbidden", "A read key may not do this."),
  });
  const { exitCode, terminal } = await jobs(project, "resume", JOB);
  equal(exitCode, 2);
  match(terminal.notes, /A read key may not do this\./);
});
