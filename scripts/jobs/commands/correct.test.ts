import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { Correction, CorrectionRequest } from "../api/installments.ts";
import type { InstallmentsContext } from "../context.ts";
import {
  type MemoryTerminal,
  memoryTerminal,
  type MemoryTerminalOptions,
} from "../testing/memory_terminal.ts";
import { correct } from "./correct.ts";

const AGENCY = "5f0c1f7e-0000-4000-8000-000000000000";
const RUN = "7a902b11-0000-4000-8000-000000000000";

/** A project in which some are wrongly overdue, and some of them are held. */
function project(
  { wrong, held = 0, perCall = 2 }: {
    readonly wrong: number;
    readonly held?: number;
    readonly perCall?: number;
  },
  { json = false, ...terminal }: MemoryTerminalOptions & {
    readonly json?: boolean;
  } = {},
) {
  let left = wrong;
  const asked: CorrectionRequest[] = [];
  const context: InstallmentsContext & { readonly terminal: MemoryTerminal } = {
    terminal: memoryTerminal(terminal),
    json,
    now: () => new Date("2026-11-22T16:20:00Z"),
    signal: new AbortController().signal,
    installments: {
      name: "https://project.example",
      explain: () => Promise.resolve(null),
      history: () => Promise.resolve([]),
      preview: () => Promise.reject(new Error("not asked for")),
      correct(request) {
        asked.push(request);
        const count = request.dryRun
          ? Math.min(left, perCall)
          : Math.min(left - held, perCall);
        const answer: Correction = {
          dryRun: request.dryRun,
          corrected: count,
          remaining: left - count,
          byAgency: count === 0 ? [] : [{
            agencyId: AGENCY,
            name: "Harbour\x1b[2J Gate",
            corrected: count,
            reasons: { settings_changed: count },
          }],
          errors: [],
          runId: request.dryRun || count === 0 ? null : RUN,
        };
        if (!request.dryRun) left -= count;
        return Promise.resolve(answer);
      },
    },
  };
  return { context, asked, left: () => left };
}

Deno.test("correct shows a dry run, asks, and corrects until nothing is left", async () => {
  const { context, asked, left } = project({ wrong: 5 }, { answer: true });
  equal(await correct(context, { agency: AGENCY, yes: false }), 0);
  equal(left(), 0);
  deepEqual(
    asked.map(({ dryRun }) => dryRun),
    [true, false, false, false],
  );
  deepEqual(new Set(asked.map(({ agencyId }) => agencyId)), new Set([AGENCY]));
  const { output, notes } = context.terminal;
  match(output, /^5 installments would be set back to pending\.$/m);
  match(output, /^The table shows the first 2\.$/m);
  match(output, /^5 installments set back to pending\. Logged as 7a902b11, /m);
  match(
    output,
    /^Harbour \[2J Gate +5 +not overdue by the settings of today \(5\)$/m,
  );
  match(notes, /^Set these 5 installments back to pending\?$/m);
  match(notes, /^2 corrected, 3 to go …$/m);
  equal(output.includes("\x1b"), false);
});

Deno.test("correct changes nothing when the answer is no", async () => {
  const { context, asked, left } = project({ wrong: 5 }, { answer: false });
  equal(await correct(context, { yes: false }), 0);
  equal(left(), 5);
  equal(asked.length, 1);
  match(context.terminal.notes, /^Nothing was changed\.$/m);
});

Deno.test("correct changes nothing when nobody can be asked", async () => {
  const { context, left } = project({ wrong: 1 });
  await rejects(
    correct(context, { yes: false }),
    /Nothing was changed: there is no terminal to ask on\. Add --yes /,
  );
  equal(left(), 1);
});

Deno.test("correct asks nothing when nothing is wrong", async () => {
  const { context, asked } = project({ wrong: 0 });
  equal(await correct(context, { yes: false }), 0);
  equal(asked.length, 1);
  match(context.terminal.output, /^Nothing is to be corrected: /);
});

Deno.test("with --yes correct is called although nothing is wrong, which ends the incident of one that failed", async () => {
  const { context, asked } = project({ wrong: 0 });
  equal(await correct(context, { yes: true }), 0);
  deepEqual(asked.map(({ dryRun }) => dryRun), [true, false]);
});

Deno.test("correct ends when what is left is held, says so, and exits with 1", async () => {
  const { context, asked, left } = project({ wrong: 4, held: 1 });
  equal(await correct(context, { yes: true }), 1);
  equal(left(), 1);
  equal(asked.length, 4);
  match(
    context.terminal.output,
    /^1 installment left: somebody holds the row/m,
  );
});

Deno.test("with --json correct prints the dry run, and with --yes what was done", async () => {
  const dry = project({ wrong: 3 }, { json: true });
  equal(await correct(dry.context, { yes: false }), 0);
  equal(JSON.parse(dry.context.terminal.output).dryRun, true);
  equal(dry.left(), 3);

  const real = project({ wrong: 3 }, { json: true });
  equal(await correct(real.context, { run: RUN, yes: true }), 0);
  const { corrected, remaining, runIds, byAgency } = JSON.parse(
    real.context.terminal.output,
  );
  deepEqual([corrected, remaining, runIds], [3, 0, [RUN, RUN]]);
  deepEqual(byAgency[0].reasons, { settings_changed: 3 });
  equal(real.asked.every(({ runId }) => runId === RUN), true);
});
