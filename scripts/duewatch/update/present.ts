import { z } from "zod";
import { readBasics } from "../doctor/facts.ts";
import type { ProjectDatabase } from "../preflight/database.ts";

const present = z.object({
  version: z.string().nullable(),
  /** `<version>_<name>` of each migration of ours that was applied. */
  applied: z.array(z.string()),
  functions: z.array(
    z.object({ name: z.string(), signature: z.string(), digest: z.string() }),
  ),
});

/** What of Duewatch a database has. */
export type Present = z.infer<typeof present>;

/** Reads what of Duewatch a database has. */
export async function readPresent(database: ProjectDatabase): Promise<Present> {
  const { isInstalled, hasHistory } = await readBasics(database);
  return present.parse(
    await database.read(`
      select jsonb_build_object(
        'version', ${isInstalled ? "jobs.version()" : "null::text"},
        'applied', ${
      hasHistory
        ? `(
          select coalesce(jsonb_agg(version || '_' || name order by version), '[]')
          from supabase_migrations.schema_migrations
          where name ~ '^duewatch(_|$)'
        )`
        : "'[]'::jsonb"
    },
        'functions', (
          select coalesce(jsonb_agg(jsonb_build_object(
            'name', namespace.nspname || '.' || routine.proname,
            'signature', routine.oid::regprocedure::text,
            'digest', md5(replace(routine.prosrc, chr(13), ''))
          )), '[]')
          from pg_catalog.pg_proc as routine
          join pg_catalog.pg_namespace as namespace
            on namespace.oid = routine.pronamespace
          where namespace.nspname in ('jobs', 'public')
            and routine.prosrc <> ''
            and not exists (
              select 1
              from pg_catalog.pg_depend as member
              where member.objid = routine.oid and member.deptype = 'e'
            )
        )
      )`),
  );
}
