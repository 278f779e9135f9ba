import type { Outcome } from "../command.ts";
import { DuewatchError } from "../errors.ts";
import { readNameMap } from "../names/name_map.ts";
import { readPackage } from "../names/package_sources.ts";
import type { Rendering } from "../names/project_names.ts";
import { viewColumns } from "../names/views.ts";
import { withProjectDatabase } from "../preflight/database.ts";
import { type Finding, findingsText, isStopped } from "../preflight/finding.ts";
import { preflight } from "../preflight/preflight.ts";
import { rehearse } from "../preflight/rehearsal.ts";
import { listMigrations, OUR_MIGRATION } from "../project/migrations.ts";
import { findProject } from "../project/project.ts";
import { readState, type State } from "../project/state.ts";
import type { Session } from "../session.ts";
import { broughtAlong, columnSets, zoneFor } from "./known.ts";
import { folderFindings } from "./obstacles.ts";
import type { InstallOptions } from "./options.ts";
import { columnsOf, planInstall } from "./plan.ts";
import { planText } from "./plan_text.ts";
import { writeInstallation } from "./write.ts";

/**
 * Installs Duewatch into the project in a folder, or completes an installation
 * that was interrupted. Nothing is written when something is in the way.
 */
export async function installInto(
  session: Session,
  folder: string,
  options: InstallOptions,
): Promise<Outcome> {
  const project = await findProject(session.cwd, folder);
  const state = await readState(project);
  const sources = await readPackage(session.packageDir);
  refuseOtherVersion(state, sources.version, options);
  const entries = { ...state.map, ...options.map };
  const map = readNameMap(entries, sources.domain);
  const migrations = await listMigrations(project);

  return await withProjectDatabase(
    session,
    project.dir,
    options,
    async (database) => {
      if (map.size > 0 && database === null && !state.complete) {
        throw new DuewatchError(
          "--map needs a database to look the names up in: use --db-url or --linked.",
          1,
        );
      }
      const looked = database === null ? null : await preflight(database, {
        map,
        sources,
        zone: options.defaultTimezone ?? state.defaultTimezone ?? null,
        migrations,
      });
      const rendering: Rendering = {
        map,
        columns: columnSets(looked?.facts ?? null, state, map),
        defaultTimezone: zoneFor(
          session,
          state,
          options,
          looked?.facts ?? null,
        ),
      };
      const plan = await planInstall({
        project,
        state,
        packageDir: session.packageDir,
        sources,
        rendering,
        facts: looked?.facts ?? null,
        others: migrations.filter((name) =>
          !(OUR_MIGRATION.test(name) && `migrations/${name}` in state.files)
        ),
        now: session.now(),
      });
      const findings: Finding[] = [
        ...await folderFindings(project, state, plan, migrations),
        ...looked?.findings ?? [],
      ];
      if (
        !isStopped(findings) && options.rehearsal !== false && !state.complete
      ) {
        findings.push(
          ...await rehearse(database, looked?.facts ?? null, plan, map),
        );
      }
      if (isStopped(findings)) {
        session.say(findingsText(findings));
        return {
          exitCode: 1,
          did: ["Nothing was written: something would fail later."],
          next: [
            "Do what stands beneath each ✗, then run the same command again.",
          ],
          data: { findings },
        };
      }
      const next: State = {
        ...state,
        version: sources.version,
        ...rendering.defaultTimezone === null
          ? {}
          : { defaultTimezone: rendering.defaultTimezone },
        map: entries,
        columns: looked === null
          ? state.columns
          : columnsOf(looked.facts, { map }),
        views: Object.fromEntries(viewColumns(rendering, sources.domain)),
        ...broughtAlong(looked?.facts ?? null, state),
      };
      const text = planText(plan, findings, state, database?.name ?? null);
      if (text.isComplete) {
        session.say(findingsText(findings));
        return {
          did: [
            `Duewatch ${sources.version} is installed here already. Nothing was changed.`,
          ],
          next: NEXT,
          data: { findings, written: [] },
        };
      }
      if (!session.confirm(text.text)) {
        return {
          did: ["Nothing was written, because of --dry-run."],
          next: ["The same command without --dry-run writes it."],
          data: { findings, wouldWrite: text.paths },
        };
      }
      const written = await writeInstallation(project, state, next, plan);
      return {
        did: [
          `Installed Duewatch ${sources.version} into ${project.supabaseDir}: ` +
          `${written.length} files.`,
          "No database was changed. The jobs will be there and paused when the migration is pushed.",
        ],
        next: NEXT,
        data: { findings, written },
      };
    },
  );
}

const NEXT = [
  "git add supabase && git commit         keep it with your project",
  "npx duewatch deploy                    keys, migration, functions, check, schedule",
  "Step by step, with the Supabase CLI alone: docs/how-to/deploy.md",
];

function refuseOtherVersion(
  state: State,
  version: string,
  { map, defaultTimezone }: InstallOptions,
): void {
  if (!state.complete) return;
  if (state.version !== version) {
    throw new DuewatchError(
      `Duewatch ${state.version} is installed here, and this is ${version}. Use: npx duewatch update`,
      1,
    );
  }
  const isOther = Object.entries(map ?? {})
    .some(([ours, theirs]) => state.map[ours] !== theirs);
  if (
    isOther ||
    (defaultTimezone ?? state.defaultTimezone) !== state.defaultTimezone
  ) {
    throw new DuewatchError(
      "Duewatch is installed here with other names, or another zone. To change " +
        "them, take it out and install it again: npx duewatch uninstall",
      1,
    );
  }
}
