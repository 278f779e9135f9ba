import type { DomainNames } from "./domain_names.ts";

/** A project's tables and rows. */
export interface ForeignDomain {
  readonly names: DomainNames;
  readonly migrations: Readonly<Record<string, string>>;
}

const OUR_WORDS = {
  draft: "draft",
  pending: "pending",
  overdue: "overdue",
  paid: "paid",
  partial: "partial",
  cancelled: "cancelled",
  active: "active",
};

const OUR_NAMES: DomainNames = {
  agencies: "public.agencies",
  plans: "public.payment_plans",
  installments: "public.installments",
  agencyId: "id",
  timezone: "timezone",
  planAgency: "agency_id",
  planStatus: "status",
  installmentPlan: "payment_plan_id",
  due: "student_due_date",
  status: "status",
  words: OUR_WORDS,
};

/** Rows in zones far apart, due around now, in every status. */
export function rowsOf(names: DomainNames): string {
  const word = (ours: keyof typeof OUR_WORDS) =>
    `'${names.words[ours].replaceAll("'", "''")}'`;
  return `
  insert into ${names.agencies} (name, ${names.timezone})
  select 'Agency ' || zone, zone
  from unnest(array[
    'Pacific/Kiritimati', 'Australia/Brisbane', 'Asia/Kathmandu', 'Europe/Berlin',
    'America/New_York', 'Pacific/Pago_Pago'
  ]) as zone;

  insert into ${names.plans} (${names.planAgency}, ${names.planStatus})
  select ${names.agencyId}, case number when 1 then ${word("active")} else ${
    word("cancelled")
  } end::${typeOf(names, "plan")}
  from ${names.agencies}, generate_series(1, 2) as number;

  insert into ${names.installments} (${names.installmentPlan}, amount, ${names.due}, ${names.status})
  select plan.id, 100 + days, current_date + days, word::${
    typeOf(names, "installment")
  }
  from ${names.plans} as plan,
    generate_series(-3, 3) as days,
    unnest(array[${
    (["draft", "pending", "overdue", "paid", "cancelled"] as const).map(word)
      .join(", ")
  }]) as word;
`;
}

function typeOf({ installments }: DomainNames, kind: string): string {
  if (installments === OUR_NAMES.installments) return "text";
  return kind === "plan" ? "billing.enrolment_state" : 'billing."Fee State"';
}

/** The tables that Duewatch expects, with triggers, policies and a view. */
export const SAME_NAMES: ForeignDomain = {
  names: OUR_NAMES,
  migrations: {
    "20250101000000_tables": `
  create table public.agencies (
    id uuid primary key default gen_random_uuid(),
    name text not null,
    timezone text not null default 'Europe/Paris',
    contact_email text
  );
  create table public.payment_plans (
    id uuid primary key default gen_random_uuid(),
    agency_id uuid not null references public.agencies,
    status text not null
  );
  create table public.installments (
    id uuid primary key default gen_random_uuid(),
    payment_plan_id uuid not null references public.payment_plans,
    amount numeric not null,
    student_due_date date not null,
    status varchar(20) not null
      check (status in ('draft', 'pending', 'overdue', 'paid', 'partial', 'cancelled')),
    touched int not null default 0
  );
  create table public.installment_audit (installment_id uuid, was text, became text);
  create function public.audit() returns trigger language plpgsql security definer
  set search_path = '' as $$
    begin
      insert into public.installment_audit values (new.id, old.status, new.status);
      return new;
    end $$;
  create trigger audit after update on public.installments
    for each row execute function public.audit();
  create function public.touch() returns trigger language plpgsql as $$
    begin new.touched := old.touched + 1; return new; end $$;
  create trigger touch before update on public.installments
    for each row execute function public.touch();
`,
    "20250102000000_policies": `
  alter table public.agencies enable row level security;
  alter table public.payment_plans enable row level security;
  alter table public.installments enable row level security;
  create policy "Nobody" on public.installments for select to authenticated using (false);
  create view public.paid_installments with (security_invoker = true) as
    select id, amount from public.installments where status = 'paid';
  select cron.schedule('a-job-of-ours', '0 3 * * *', 'select 1');
`,
    "20250103000000_rows": rowsOf(OUR_NAMES),
  },
};

const OTHER: DomainNames = {
  agencies: "crm.organizations",
  plans: "billing.enrolments",
  installments: 'billing."Fee Schedule"',
  agencyId: "org_id",
  timezone: "tz",
  planAgency: "org",
  planStatus: "state",
  installmentPlan: "enrolment",
  due: '"due on"',
  status: '"State"',
  words: {
    draft: "new",
    pending: "open",
    overdue: "it's late",
    paid: "settled",
    partial: "part",
    cancelled: "void",
    active: "running",
  },
};

/** The same under other names, in other schemas, with enums. */
export const OTHER_NAMES: ForeignDomain = {
  names: OTHER,
  migrations: {
    "20250101000000_tables": `
  create schema crm;
  create schema billing;
  create type billing.enrolment_state as enum ('planned', 'running', 'done', 'void');
  create type billing."Fee State" as enum ('new', 'open', 'it''s late', 'settled', 'void');
  create table crm.organizations (
    org_id uuid primary key default gen_random_uuid(),
    name text not null,
    tz text not null
  );
  create table billing.enrolments (
    id uuid primary key default gen_random_uuid(),
    org uuid not null references crm.organizations,
    state billing.enrolment_state not null,
    currency text not null default 'EUR'
  );
  create table billing."Fee Schedule" (
    id uuid primary key default gen_random_uuid(),
    enrolment uuid not null references billing.enrolments,
    amount numeric not null,
    "due on" date not null,
    "State" billing."Fee State" not null,
    -- A column of theirs with a name of ours.
    status text not null default 'pending'
  );
  alter table crm.organizations enable row level security;
  alter table billing.enrolments enable row level security;
  alter table billing."Fee Schedule" enable row level security;
`,
    "20250102000000_rows": rowsOf(OTHER),
  },
};

/** The options that name them. */
export const MAP_OPTIONS: readonly string[] = [
  "agencies=crm.organizations",
  "agencies.id=org_id",
  "agencies.timezone=tz",
  "payment_plans=billing.enrolments",
  "payment_plans.agency_id=org",
  "payment_plans.status=state",
  "payment_plans.status.active=running",
  "installments=billing.Fee Schedule",
  "installments.payment_plan_id=enrolment",
  "installments.student_due_date=due on",
  "installments.status=State",
  "installments.status.pending=open",
  "installments.status.overdue=it's late",
  "installments.status.partial=part",
].flatMap((entry) => ["--map", entry]);
