import { formatInstant } from "../../../supabase/functions/_shared/format.ts";
import { type Context, toJson, viewOf } from "../context.ts";
import { formatHealth } from "../render/health.ts";
import { formatRuns } from "../render/runs.ts";
import { heading, inParts } from "../render/view.ts";
import { changesBetween, formatChange } from "./changes.ts";
import { openScreen, type Screen } from "./screen.ts";
import type { Snapshot } from "./snapshot.ts";

/** Shows what `watch` sees. */
export interface Reporter extends Disposable {
  /** @param before null at the first look. */
  seen(before: Snapshot | null, after: Snapshot): void;
  /** @param problem why nothing was seen this time, in a sentence. */
  notSeen(problem: string, last: Snapshot): void;
}

/**
 * @returns one that prints a line for each change; with `--json` an object with
 *   the answers, whenever something has changed.
 */
export function lineReporter(context: Context): Reporter {
  const { json, now, terminal } = context;
  let shownProblem: string | null = null;
  return {
    seen(before, after) {
      const changes = changesBetween(before, after, now());
      if (shownProblem !== null) {
        terminal.note(
          `${formatInstant(now().toISOString())}  It answers again.`,
        );
        shownProblem = null;
      }
      if (json && changes.length > 0) {
        const { health, running } = after;
        terminal.print(toJson({ health, running }));
      } else if (!json) {
        for (const change of changes) {
          terminal.print(formatChange(change, viewOf(context)));
        }
      }
    },
    notSeen(problem) {
      if (problem === shownProblem) return;
      shownProblem = problem;
      terminal.note(`${formatInstant(now().toISOString())}  ${problem}`);
    },
    [Symbol.dispose]() {},
  };
}

/** @returns one that draws everything in place, for people. */
export function screenReporter(context: Context): Reporter {
  const { client, terminal } = context;
  let screen: Screen | undefined;
  const draw = ({ health, running }: Snapshot, problem: string) => {
    const view = viewOf(context);
    // What changes from second to second first: the rest may be longer than
    // the screen.
    screen ??= openScreen(terminal);
    screen.draw(inParts(
      problem && view.colours.red(problem),
      `${heading("Running now", view)}\n${
        running.length === 0 ? "nothing" : formatRuns(running, view)
      }`,
      formatHealth(health, client.name, view),
    ));
  };
  return {
    seen: (_, after) => draw(after, ""),
    notSeen: (problem, last) => draw(last, problem),
    [Symbol.dispose]: () => screen?.[Symbol.dispose](),
  };
}
