import { rowsOf, SAME_NAMES } from "./domains.ts";

/** A folder that other tools have written: a mark, CRLF, tables on one line. */
export const OWN_FILES: Readonly<Record<string, string>> = {
  "config.toml": [
    "\uFEFF# Ours. Keep the order.",
    'project_id = "guarded" # as in the console',
    "",
    "[functions]",
    'pay = { verify_jwt = true, import_map = "./functions/import_map.json" }',
    "",
  ].join("\r\n"),
  "functions/import_map.json": '{ "imports": { "shared/": "./_shared/" } }\n',
  "functions/_shared/environment.ts": 'export const name = "theirs";\n',
  "functions/pay/index.ts":
    'import { name } from "shared/environment.ts";\nDeno.serve(() => new Response(name));\n',
};

/** The options that its roles need. */
export const OWN_MAP = ["--map", "user_roles.role.admin=owner"];

/**
 * Our names, and all else as projects of some years have it: domains over
 * domains, partitions, columns without a default, generated ones, row level
 * security that binds the owner too, triggers that look up names by the path,
 * other keys of roles.
 */
export const GUARDED: Readonly<Record<string, string>> = {
  "0001_tables": `
  create domain public.label as varchar(200);
  create domain public.zone_name as public.label check (value <> '');
  create domain public.calendar_day as date;
  create domain public.due_day as public.calendar_day check (value > '2000-01-01');
  create domain public.reference as uuid;
  create type public.app_role as enum ('owner', 'staff');
  create table public.user_roles (
    id bigint generated always as identity primary key,
    user_id uuid not null references auth.users,
    role public.app_role not null
  );
  alter table public.user_roles enable row level security;
  create policy "Own" on public.user_roles for select to authenticated
    using (user_id = auth.uid());
  grant select on public.user_roles to authenticated;
  create table public.agencies (
    id public.reference primary key default gen_random_uuid(),
    name public.label not null,
    timezone public.zone_name not null,
    overdue_cutoff_time time,
    grace_days int
  );
  create table public.payment_plans (
    id public.reference primary key default gen_random_uuid(),
    agency_id public.reference references public.agencies,
    status public.label not null
  );
  create table public.installments (
    id public.reference not null default gen_random_uuid(),
    payment_plan_id public.reference not null references public.payment_plans,
    amount bigint not null,
    shown text generated always as ((amount / 100)::text || ' EUR') stored,
    student_due_date public.due_day not null,
    status public.label not null
      check (status in ('draft', 'pending', 'overdue', 'paid', 'cancelled')),
    primary key (id, student_due_date)
  ) partition by range (student_due_date);
  create table public.installments_past partition of public.installments
    for values from (minvalue) to ('2026-01-01');
  create table public.installments_rest partition of public.installments default;
  create view public.open_installments with (security_invoker = true) as
    select * from public.installments where status = 'pending';
`,
  "0002_guards": `
  create table public.audit_log (row_id uuid, was text, by_role text not null default current_user);
  create function public.audit() returns trigger language plpgsql security definer as $$
    begin
      insert into audit_log (row_id, was) values (new.id, old.status);
      return null;
    end $$;
  create trigger audit after update on public.installments
    for each row execute function public.audit();
  create table public.closed_books (is_closed boolean not null);
  create function public.guard() returns trigger language plpgsql as $$
    begin
      if exists (select 1 from closed_books where is_closed) then
        raise exception 'the books are closed';
      end if;
      return new;
    end $$;
  create trigger guard before update on public.installments
    for each row execute function public.guard();
  alter table public.agencies enable row level security;
  alter table public.agencies force row level security;
  alter table public.payment_plans enable row level security;
  alter table public.payment_plans force row level security;
  alter table public.installments enable row level security;
  alter table public.installments force row level security;
  create publication changes for table public.installments
    with (publish_via_partition_root = true);
`,
  "0003_rows": rowsOf(SAME_NAMES.names),
};
