import { messageOf } from "../../process/message_of.ts";
import { ensureVaultSecrets } from "../../stack/vault_secrets.ts";
import type { Outcome } from "../command.ts";
import { count } from "../count.ts";
import type { CommonOptions } from "../common_options.ts";
import { isCheckout } from "../checkout.ts";
import { UnreachableDatabaseError } from "../errors.ts";
import type { DatabaseOptions } from "../preflight/database.ts";
import type { Session } from "../session.ts";
import { type Examination, examine } from "./examine.ts";
import { type Fault, fault, faultsText, inOrder } from "./fault.ts";
import { type Target, withTarget } from "./target.ts";

/** What `duewatch doctor` is given. */
export interface DoctorOptions extends CommonOptions, DatabaseOptions {
  readonly fix?: boolean;
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
  try {
    return await withTarget(session, { ...options, folder }, async (target) => {
      let examination = await examine(session, target);
      const tried = new Set<string>();
      for (let round = 0; options.fix && round < ROUNDS; round++) {
        const done = await repair(target, examination.faults, tried);
        if (done.length === 0) break;
        repaired.push(...done);
        examination = await examine(session, target);
      }
      return report(session, examination, repaired, options.fix ?? false);
    });
  } catch (error) {
    if (!(error instanceof UnreachableDatabaseError)) throw error;
    const unreachable = fault(
      "database_unreachable",
      error.message,
      "Is it running, and are address and password right?" +
        (await isCheckout(session.packageDir)
          ? " The local stack: npm start."
          : ""),
    );
    return report(
      session,
      { faults: [unreachable], looked: [] },
      repaired,
      false,
    );
  }
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
      if (repair.kind === "sql") await database.change(repair.statement);
      else if (local !== null) {
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
  { faults, looked }: Examination,
  repaired: readonly string[],
  wasFixing: boolean,
): Outcome {
  const ordered = inOrder(faults);
  const failures = ordered.filter(({ severity }) => severity === "failure");
  const warnings = ordered.length - failures.length;
  if (ordered.length > 0) session.say(faultsText(ordered));
  if (looked.length > 0) {
    session.say(
      `${ordered.length > 0 ? "\n" : ""}Looked at ${looked.join("; ")}.`,
    );
  }
  const canFix = !wasFixing && ordered.some(({ repair }) => repair !== null);
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
    next: failures.length === 0
      ? []
      : canFix
      ? ["The same command with --fix repairs what needs no decision."]
      : ["Repair the first, then run the same command again."],
    data: {
      faults: ordered.map(({ repair, ...rest }) => ({
        ...rest,
        fixable: repair !== null,
      })),
      looked,
    },
  };
}
