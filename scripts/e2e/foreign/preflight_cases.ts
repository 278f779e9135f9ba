import type { Finding } from "../../duewatch/preflight/finding.ts";

/** A state of a database that an installation meets, and what it says. */
export interface Case {
  readonly name: string;
  readonly by: string;
  readonly undo: string;
  readonly level: Finding["level"];
  readonly what: RegExp;
  readonly todo?: RegExp;
  readonly options?: readonly string[];
}

/** One for each kind of finding. */
export const CASES: readonly Case[] = [
  {
    name: "a due date that is an instant",
    by:
      "alter table public.installments alter column student_due_date type timestamptz",
    undo:
      "alter table public.installments alter column student_due_date type date",
    level: "stop",
    what: /student_due_date is timestamp with time zone, and has to be date/,
    todo: /a day in the agency's own calendar/,
  },
  {
    name: "a check that refuses a status",
    by:
      `alter table public.installments drop constraint installments_status_check;
      alter table public.installments add constraint installments_status_check
        check (status <> 'overdue') not valid`,
    undo:
      `alter table public.installments drop constraint installments_status_check`,
    level: "stop",
    what:
      /installments\.status refuses 'overdue', by the check installments_status_check/,
    todo: /add constraint "installments_status_check" check/,
  },
  {
    name: "a list of states that lacks one",
    by: `create table public.states (state text primary key);
      insert into public.states select distinct status from public.payment_plans where status <> 'active';
      alter table public.payment_plans add constraint state_is_known
        foreign key (status) references public.states (state) not valid`,
    undo:
      `alter table public.payment_plans drop constraint state_is_known; drop table public.states`,
    level: "stop",
    what:
      /payment_plans\.status refuses 'active', by the foreign key state_is_known/,
    todo: /Add a row/,
  },
  {
    name: "a zone that nobody knows",
    by:
      "update public.agencies set timezone = 'Mars/Olympus' where name like '%Berlin'",
    undo:
      "update public.agencies set timezone = 'Europe/Berlin' where name like '%Berlin'",
    level: "stop",
    what: /time zones that the database does not know: "Mars\/Olympus"/,
    todo: /update "public"\."agencies" set "timezone"/,
  },
  {
    name: "an entry of pg_cron with a name of ours",
    by: "select cron.schedule('jobs-retention', '0 0 * * *', 'vacuum')",
    undo: "select cron.unschedule('jobs-retention')",
    level: "stop",
    what: /pg_cron has an entry jobs-retention of postgres: vacuum/,
  },
  {
    name: "a function with a name of ours",
    by:
      "create function public.start_job_run() returns int language sql return 1",
    undo: "drop function public.start_job_run()",
    level: "stop",
    what: /There is a function public\.start_job_run already/,
  },
  {
    name: "a table with a name of ours",
    by: "create table public.jobs_log (id int)",
    undo: "drop table public.jobs_log",
    level: "stop",
    what: /There is a table public\.jobs_log already/,
  },
  {
    name: "a schema jobs of somebody else",
    by: "create schema jobs",
    undo: "drop schema jobs",
    level: "stop",
    what: /a schema jobs, and it is not one of Duewatch/,
  },
  {
    name: "a column that is missing",
    by: "alter table public.installments rename column amount to price",
    undo: "alter table public.installments rename column price to amount",
    level: "stop",
    what: /public\.installments\.amount is missing/,
    todo: /--map installments\.amount=<column>/,
  },
  {
    name: "a view in the place of a table",
    by: `alter table public.agencies rename to offices;
      create view public.agencies as select * from public.offices`,
    undo:
      "drop view public.agencies; alter table public.offices rename to agencies",
    level: "stop",
    what: /public\.agencies is no table/,
  },
  {
    name: "a trigger that can refuse",
    by: `create function public.refuse() returns trigger language plpgsql as $$
        begin raise exception 'closed'; end $$;
      create trigger refuse before update on public.installments
        for each row execute function public.refuse()`,
    undo: "drop function public.refuse() cascade",
    level: "do",
    what:
      /The trigger refuse of public\.installments calls refuse\(\) for each installment that is marked, and can refuse it with an error/,
  },
  {
    name: "a trigger that changes the status back",
    by: `create function public.keep() returns trigger language plpgsql as $$
        begin new.status := old.status; return new; end $$;
      create trigger keep before update on public.installments
        for each row execute function public.keep()`,
    undo: "drop function public.keep() cascade",
    level: "do",
    what: /can change its status/,
  },
  {
    name: "another word for pending",
    by:
      `alter table public.installments drop constraint if exists installments_status_check;
      update public.installments set status = 'waiting' where status = 'pending';
      analyze public.installments`,
    undo:
      `update public.installments set status = 'pending' where status = 'waiting';
      analyze public.installments`,
    level: "do",
    what: /No installment has the status 'pending'\. Common are: .*waiting/,
    todo: /--map installments\.status\.pending=<yours>/,
  },
  {
    name: "roles that users cannot read",
    by: "create table public.user_roles (user_id uuid, role text)",
    undo: "drop table public.user_roles",
    level: "do",
    what: /Signed-in users cannot read their own rows of public\.user_roles/,
  },
  {
    name: "a table without row level security",
    by: "alter table public.agencies disable row level security",
    undo: "alter table public.agencies enable row level security",
    level: "do",
    what: /public\.agencies has no row level security/,
  },
  {
    name: "a map to a table that is not there",
    by: "select 1",
    undo: "select 1",
    options: ["--map", "user_roles=crm.members"],
    level: "stop",
    what: /There is no table crm\.members, which --map names/,
  },
  {
    name: "a map to a column that is not there",
    by: "select 1",
    undo: "select 1",
    options: ["--map", "installments.amount=price"],
    level: "stop",
    what: /There is no column public\.installments\.price, which --map names/,
  },
  {
    name: "nothing in the way",
    by: "select 1",
    undo: "select 1",
    level: "note",
    what: /applied in a transaction and rolled back: it works here/,
  },
];
