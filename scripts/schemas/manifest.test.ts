import { deepEqual } from "node:assert/strict";
import { objectsOf } from "./manifest.ts";

Deno.test("the manifest lists what files create at their top level, and what is granted", () => {
  const files = new Map([
    [
      "runs/log.sql",
      `create table public.log (
  id int
);

create unique index log_id
  on public.log (id);

grant select, insert on table public.log
  to authenticated, service_role;
grant select (id) on table public.log to reader;

create policy "Own rows"
  on public.log
  for select
  using (true);

do $migration$
begin
  create table public.agencies (id int);
end
$migration$;
`,
    ],
    [
      "runs/keep.sql",
      `create function jobs.keep(
  a text default 'x',
  b int default 1
)
returns trigger
language plpgsql
as $function$begin return new; end$function$;

comment on function jobs.keep(
  text, int
) is
  'Keeps (all).';

create trigger keep
  after insert on public.log
  for each row
  execute function jobs.keep();
`,
    ],
    [
      "grants.sql",
      "grant execute on function jobs.keep(text, int) to reader;",
    ],
  ]);
  const log = { source: "runs/log.sql", privileges: [] as string[] };
  const keep = { source: "runs/keep.sql", privileges: [] as string[] };
  deepEqual(objectsOf(files), [
    {
      ...log,
      kind: "table",
      name: "public.log",
      parent: null,
      definition: null,
      privileges: [
        "authenticated select",
        "authenticated insert",
        "service_role select",
        "service_role insert",
      ],
    },
    {
      ...log,
      kind: "index",
      name: "public.log_id",
      parent: "public.log",
      definition: "create unique index log_id on public.log (id)",
    },
    {
      ...log,
      kind: "policy",
      name: "Own rows",
      parent: "public.log",
      definition:
        'create policy "Own rows" on public.log for select using (true)',
    },
    {
      ...keep,
      kind: "function",
      name: "jobs.keep(text, int)",
      parent: null,
      definition: null,
      privileges: ["reader execute"],
    },
    {
      ...keep,
      kind: "trigger",
      name: "keep",
      parent: "public.log",
      definition: "create trigger keep after insert on public.log " +
        "for each row execute function jobs.keep()",
    },
  ]);
});
