import { messageOf } from "../../process/message_of.ts";
import { ensureVaultSecrets } from "../../stack/vault_secrets.ts";
import type { Outcome } from "../command.ts";
import { count } from "../count.ts";
import type { CommonOptions } from "../common_options.ts";
import { UnreachableDatabaseError } from "../errors.ts";
import type { DatabaseOptions } from "../preflight/database.ts";
import type { Session } from "../session.ts";
import { type Examination, examine } from "./examine.ts";
import { type Fault, faultsText, inOrder, type Repair } from "./fault.ts";
import { isSameFolder, type Target, withTarget } from "./target.ts";
import { unreachableFault } from "./unreachable.ts";
import { duewatchCommand, type Place, worded } from "./wording.ts";

/** What `duewatch doctor` is given. */
export interface DoctorOptions extends CommonOptions, DatabaseOptions {
  readonly fix?: boolean;
  /** Also puts back functions that somebody has edited in the database. */
  readonly restore?: boolean;
}

// What one repair uncovers, the next round repairs.
const ROUNDS = 4;

/** Says what is wrong with an installation, and repairs what it may. */
export async function runDoctor(
  session: Session,
  folder: string,
  options: DoctorOptions,
): Promise<Outcome> {
  const repaired: string[] = [];
  const isFixing = Boolean(options.fix || options.restore);
  let place = placeOf(session, null, options);
  try {
    return await withTarget(session, { ...options, folder }, async (target) => {
      place = placeOf(session, target, options);
      let examination = await examine(session, target);
      const tried = new Set<string>();
      for (let round = 0; isFixing && round < ROUNDS; round++) {
        const done = await repair(
          target,
          examination.faults
            .filter(({ repair }) => isDone(repair, options)),
          tried,
        );
        if (done.length === 0) break;
        repaired.push(...done);
        examination = await examine(session, target);
      }
      return report(session, place, examination, repaired, isFixing);
    });
  } catch (error) {
    if (!(error instanceof UnreachableDatabaseError)) throw error;
    return report(
      session,
      place,
      { faults: [unreachableFault(error.message)], looked: [] },
      repaired,
      false,
    );
  }
}

function isDone(repair: Repair | null, { fix, restore }: DoctorOptions) {
  return repair !== null && (repair.kind === "restore" ? restore : fix) ===
      true;
}

function placeOf(
  { cwd, packageDir, environment }: Session,
  target: Target | null,
  { linked, projectRef, dbUrl }: DoctorOptions,
): Place {
  const named = target?.local !== null && target !== null
    ? { by: "local stack" } as const
    : projectRef !== undefined
    ? { by: "ref", ref: projectRef } as const
    : linked || (dbUrl === undefined && !environment.DUEWATCH_DB_URL)
    ? { by: "link" } as const
    : {
      by: "address",
      option: dbUrl === undefined ? "" : ' --db-url "$DUEWATCH_DB_URL"',
      ref: target?.ref ?? null,
    } as const;
  return {
    cwd,
    packageDir,
    isCheckout: isSameFolder(target?.project?.dir ?? cwd, packageDir),
    named,
  };
}

/** @returns what was repaired, a sentence each. */
async function repair(
  { database, local }: Target,
  faults: readonly Fault[],
  tried: Set<string>,
): Promise<string[]> {
  const done: string[] = [];
  for (const { what, repair } of faults) {
    if (repair === null) continue;
    const key = JSON.stringify(repair);
    if (tried.has(key)) continue;
    tried.add(key);
    try {
      if (repair.kind !== "local settings") {
        await database.change(repair.statement);
      } else if (local !== null) {
        await ensureVaultSecrets(local.config, local.keys);
      }
      done.push(`Repaired: ${what}`);
    } catch (error) {
      // The examination after it says what is still wrong.
      done.push(`Not repaired: ${what} ${messageOf(error)}`);
    }
  }
  return done;
}

function report(
  session: Session,
  place: Place,
  { faults, looked }: Examination,
  repaired: readonly string[],
  wasFixing: boolean,
): Outcome {
  const ordered = inOrder(faults.map((each) => worded(each, place)));
  const failures = ordered.filter(({ severity }) => severity === "failure");
  const warnings = ordered.length - failures.length;
  if (ordered.length > 0) session.say(faultsText(ordered));
  if (looked.length > 0) {
    session.say(
      `${ordered.length > 0 ? "\n" : ""}Looked at ${looked.join("; ")}.`,
    );
  }
  const canFix = !wasFixing &&
    ordered.some(({ repair }) => repair !== null && repair.kind !== "restore");
  return {
    exitCode: failures.length > 0 ? 1 : 0,
    did: [
      ...repaired,
      failures.length === 0
        ? warnings === 0
          ? "Nothing is wrong."
          : `Nothing has failed; ${count(warnings, "warning")}.`
        : `${count(failures.length, "failure")}, ${
          count(warnings, "warning")
        }.`,
    ],
    next: failures.length === 0 ? [] : canFix
      ? [
        duewatchCommand(
          "doctor --fix    repairs what needs no decision",
          place,
        ),
      ]
      : [`Repair the first, then: ${duewatchCommand("doctor", place)}`],
    data: {
      faults: ordered.map(({ repair, ...rest }) => ({
        ...rest,
        fixable: repair !== null && repair.kind !== "restore",
      })),
      looked,
    },
  };
}
