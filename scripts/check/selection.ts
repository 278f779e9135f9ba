import { parseArgs } from "node:util";

/** The name that stands for all files of end-to-end tests. */
export const ALL_FILES = "end-to-end tests";

const QUICK = ["formatting", "lint", "types", "unit tests", "pgTAP"];

/** What there is to choose from. */
export interface Choices {
  /** Names of checks. */
  readonly checks: readonly string[];
  /** Names of files of end-to-end tests. */
  readonly files: readonly string[];
}

/** What to do: run some of the checks, or say something and end. */
export type Selection =
  | { readonly isSelected: (name: string) => boolean }
  | { readonly exitCode: 0 | 2; readonly text: string };

/** Reads the arguments of `npm test`. */
export function select(args: readonly string[], choices: Choices): Selection {
  const { checks, files } = choices;
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        only: { type: "string", multiple: true, default: [] },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }));
  } catch (error) {
    return { exitCode: 2, text: `${(error as Error).message}\n\n${USAGE}` };
  }
  if (values.help) return { exitCode: 0, text: `${USAGE}\n\n${list(choices)}` };

  const names = [...checks, ...files];
  const unknown = values.only.find((name) =>
    name !== ALL_FILES && !names.includes(name)
  );
  if (unknown !== undefined) {
    const text = `There is no check "${unknown}".\n\n${list(choices)}`;
    return { exitCode: 2, text };
  }
  const wanted = [
    ...values.only.flatMap((name) => name === ALL_FILES ? files : [name]),
    ...(values.quick ? QUICK : []),
  ];
  const all = wanted.length === 0;
  return { isSelected: (name) => all || wanted.includes(name) };
}

const USAGE = `Usage: npm test [-- options]

Runs every check of the project, on stacks of its own.

  --quick        formatting, lint, types, unit tests and pgTAP
  --only <name>  this check or this file of end-to-end tests; can be repeated
  --help         shows this`;

function list({ checks, files }: Choices): string {
  const lines = (names: readonly string[]) =>
    names.toSorted().map((name) => `  ${name}`).join("\n");
  return `Checks:\n${checks.map((name) => `  ${name}`).join("\n")}\n` +
    `  ${ALL_FILES}\n\nFiles of end-to-end tests:\n${lines(files)}`;
}
