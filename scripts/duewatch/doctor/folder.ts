import { join } from "node:path";
import { z } from "zod";
import { exists } from "../../stack/files.ts";
import { DuewatchError } from "../errors.ts";
import { listMigrations, OUR_MIGRATION } from "../project/migrations.ts";
import { readState, type State, STATE_FILE } from "../project/state.ts";
import type { Session } from "../session.ts";
import type { Basics } from "./facts.ts";
import { type Fault, fault } from "./fault.ts";
import { isSameFolder, type Target } from "./target.ts";

/** Names of tables that other projects have under other names. */
export const OUR_TABLE_NAMES =
  /\bpublic\.(?:agencies|agency_closed_days|user_roles|payment_plans|installments)\b|\b(?:installments|payment_plans)\.\w+/;

/** What a folder says about the names that a project has. */
export interface Names {
  /** Null where the names are not known. */
  readonly state: State | null;
  /** Whether the tables of the database can be asked for by name. */
  readonly knowsNames: boolean;
  readonly faults: readonly Fault[];
}

/** @returns what a project without other names has. */
export function noState(): State {
  return {
    complete: false,
    map: {},
    columns: {},
    views: {},
    files: {},
    folders: [],
    extensions: [],
    values: [],
    config: "",
  };
}

const RESTORE = "git checkout -- supabase/duewatch.json";

/** Finds out which names the tables have, and whether the folder says so. */
export async function readNames(
  { packageDir }: Session,
  { database, project }: Pick<Target, "database" | "project">,
  { hasManifest }: Basics,
): Promise<Names> {
  const isCheckout = project !== null && isSameFolder(project.dir, packageDir);
  if (isCheckout) return { state: noState(), knowsNames: true, faults: [] };
  const faults: Fault[] = [];
  if (project !== null) {
    try {
      const state = await readState(project);
      if (state.version !== undefined) {
        return { state, knowsNames: true, faults };
      }
      const isInstalled = await exists(join(project.supabaseDir, "duewatch")) ||
        (await listMigrations(project)).some((name) =>
          OUR_MIGRATION.test(name)
        );
      if (isInstalled) {
        faults.push(fault(
          "state_missing",
          `supabase/${STATE_FILE} is missing: it says which files are Duewatch's, and what your tables are called.`,
          "Restore it from your repository.",
          { severity: "warning", command: RESTORE },
        ));
      }
    } catch (error) {
      if (!(error instanceof DuewatchError)) throw error;
      faults.push(
        fault("state_unreadable", error.message, "", { command: RESTORE }),
      );
    }
  }
  if (!hasManifest || faults.length > 0) {
    return { state: null, knowsNames: false, faults };
  }
  const hasOurNames = z.boolean().parse(
    await database.read(`
      select coalesce(bool_or(parent = 'public.agencies'), false)
        and (
          select count(*) = 5
          from information_schema.columns
          where table_schema = 'public'
            and (table_name, column_name) in (
              ('agencies', 'timezone'),
              ('payment_plans', 'status'),
              ('installments', 'payment_plan_id'),
              ('installments', 'student_due_date'),
              ('installments', 'status')
            )
        )
      from jobs.manifest()`),
  );
  if (!hasOurNames) {
    faults.push(fault(
      "names_unknown",
      "The tables of this database have other names, and only the project's folder knows them: " +
        "they are not examined.",
      "Run this in the folder that holds supabase/duewatch.json.",
      { severity: "warning" },
    ));
  }
  // What is restored is written with the names that the folder knows.
  return { state: null, knowsNames: hasOurNames, faults };
}
