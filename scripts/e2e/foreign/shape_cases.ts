import type { Case } from "./preflight_cases.ts";

/** Tables that a run would meet, or only seems to. */
export const SHAPE_CASES: readonly Case[] = [
  {
    name: "an index that allows no second overdue installment of a day",
    by: `alter table public.installments disable trigger touch;
      create unique index one_of_a_kind
        on public.installments (payment_plan_id, student_due_date, status)`,
    undo:
      "drop index public.one_of_a_kind; alter table public.installments enable trigger touch",
    level: "stop",
    what:
      /The first run would fail: duplicate key value violates unique constraint "one_of_a_kind"/,
    todo: /has to be able to become overdue/,
  },
  {
    name: "a check of two columns that a trigger may satisfy",
    by: `alter table public.installments add constraint overdue_is_touched
      check (status <> 'overdue' or touched > 1000) not valid`,
    undo: "alter table public.installments drop constraint overdue_is_touched",
    level: "do",
    what: /fails, unless a trigger corrects it: .*"overdue_is_touched"/,
  },
  {
    name: "rows that are deleted by a mark",
    by: "alter table public.installments add column deleted_at timestamptz",
    undo: "alter table public.installments drop column deleted_at",
    level: "do",
    what: /public\.installments\.deleted_at looks like a mark of deleted rows/,
    todo: /set "status" = '…' where "deleted_at"/,
  },
  {
    name: "an entry of pg_cron that we left",
    by:
      "select cron.schedule('jobs-retention', '0 0 * * *', 'select jobs.prune()')",
    undo: "select cron.unschedule('jobs-retention')",
    level: "stop",
    what: /an entry jobs-retention that an earlier attempt/,
    todo: /duewatch uninstall/,
  },
  {
    name: "domains over domains, and numbers as keys of user_roles",
    by: `create domain public.name as varchar(300);
      create domain public.zone as public.name;
      create domain public.day as date;
      create domain public.due_day as public.day;
      alter table public.agencies alter column timezone type public.zone;
      alter table public.installments alter column student_due_date type public.due_day;
      create table public.user_roles (
        id bigint generated always as identity primary key, user_id uuid, role text
      )`,
    undo: `drop table public.user_roles;
      alter table public.agencies alter column timezone type text;
      alter table public.installments alter column student_due_date type date;
      drop domain public.zone, public.name, public.due_day, public.day`,
    level: "note",
    what: /applied in a transaction and rolled back: it works here/,
  },
  {
    name: "an index of another table with a name of ours",
    by: `create table public.others (id int);
      create index installments_pending_due_date_idx on public.others (id)`,
    undo: "drop table public.others",
    level: "do",
    what:
      /After the migration a check fails: installments\.student_due_date is indexed/,
    todo: /create index concurrently/,
  },
  {
    name: "a role with a name of ours",
    by: "create role metrics_reader login",
    undo: "drop role metrics_reader",
    level: "stop",
    what: /There is a role metrics_reader already/,
    todo: /Rename/,
  },
  {
    name: "a rule that swallows updates",
    by: `alter table public.installments disable trigger touch;
      create rule swallow as on update to public.installments do instead nothing`,
    undo:
      "drop rule swallow on public.installments; alter table public.installments enable trigger touch",
    level: "stop",
    what: /the update changes nothing, because of a rule/,
  },
  {
    name: "tables that the secret key does not open",
    by: "revoke select on public.agencies from service_role",
    undo: "select 1",
    level: "do",
    what: /The role service_role cannot read public\.agencies/,
    todo: /grant select on table "public"\."agencies".* to service_role;/,
  },
  {
    name: "a secret of theirs with a name of ours",
    by: `delete from vault.secrets where name = 'functions_url';
      select vault.create_secret('https://theirs.example', 'functions_url')`,
    undo: "select 1",
    level: "do",
    what: /Vault has a secret functions_url already.*would replace its value/,
    todo: /vault\.update_secret\(id, new_name => '…'\)/,
  },
  {
    name: "a function of theirs that would make calls of ours ambiguous",
    by:
      "create function public.list_agencies(q text) returns text language sql return q",
    undo: "drop function public.list_agencies(text)",
    level: "stop",
    what: /There is a function public\.list_agencies already/,
  },
  {
    name: "zones that are an enum",
    by: `create type public.zones as enum ('Europe/Berlin');
      alter table public.agencies add column zone public.zones`,
    undo:
      "alter table public.agencies drop column zone; drop type public.zones",
    options: ["--map", "agencies.timezone=zone"],
    level: "stop",
    what: /public\.agencies\.zone is zones, and has to be text/,
  },
];
