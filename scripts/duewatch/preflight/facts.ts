import { z } from "zod";

const column = z.object({
  name: z.string(),
  type: z.string(),
  /** As `pg_type.typtype` of the type below all domains. */
  base_kind: z.string(),
  base: z.string(),
});

const trigger = z.object({
  name: z.string(),
  function: z.string(),
  before: z.boolean(),
  each_row: z.boolean(),
  update: z.boolean(),
  enabled: z.boolean(),
  raises: z.boolean(),
  returns_null: z.boolean(),
  sets_status: z.boolean(),
});

const table = z.object({
  exists: z.boolean(),
  kind: z.string().nullable(),
  rows: z.coerce.number().nullable(),
  bytes: z.coerce.number().nullable(),
  rls: z.boolean().nullable(),
  is_ours_to_change: z.boolean().nullable(),
  owner: z.string().nullable(),
  columns: z.record(z.string(), column),
  triggers: z.array(trigger),
  /** Columns by which rows are probably deleted without being removed. */
  deletion_columns: z.array(z.string()),
  leading_index_columns: z.array(z.string()),
  authenticated_reads: z.boolean().nullable(),
  service_role_reads: z.boolean().nullable(),
  policies_to_read: z.number(),
  common_words: z.string().nullable(),
});

/** What `tables.sql` answers. */
export const tableFacts = z.object({
  tables: z.record(z.string(), table),
  zones: z.object({
    agencies: z.number(),
    unknown: z.array(z.string().nullable()),
  }),
});

/** What `words.sql` answers. */
export const wordFacts = z.object({
  refused: z.array(z.object({
    ours: z.string(),
    our_column: z.string(),
    word: z.string(),
    kind: z.enum(["enum", "check", "foreign key"]),
    name: z.string(),
  })),
});

/** What `server.sql` answers. */
export const serverFacts = z.object({
  server_version: z.number(),
  user: z.string(),
  may_create: z.boolean(),
  /** By name: the schema of an extension, or null where it is only available. */
  extensions: z.record(z.string(), z.string().nullable()),
  has_auth_users: z.boolean(),
  schemas: z.array(z.string()),
  /** Those in Vault that have a name of ours and were not set by `deploy`. */
  secrets: z.array(z.string()),
  has_manifest: z.boolean(),
  version: z.string().nullable(),
  jobs_are_registered: z.boolean(),
  applied: z.array(z.string()),
  taken: z.array(z.object({ kind: z.string(), name: z.string() })),
  entries: z.array(
    z.object({ name: z.string(), command: z.string(), owner: z.string() }),
  ),
  zone_is_known: z.boolean(),
});

/** What a database is like, before Duewatch is installed into it. */
export type Facts =
  & z.infer<typeof tableFacts>
  & z.infer<typeof wordFacts>
  & z.infer<typeof serverFacts>;
export type TableFacts = z.infer<typeof table>;
export type RefusedWord = Facts["refused"][number];
