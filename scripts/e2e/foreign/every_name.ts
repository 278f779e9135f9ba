import type { MapEntries } from "../../duewatch/names/name_map.ts";

/** Our tables, with our types and defaults, and another name for everything. */
export const EVERY_NAME = `
  create schema "School Records";
  create table "School Records"."Schools" (
    "School Id" uuid primary key default gen_random_uuid(),
    "Title" text not null,
    "Zone" text not null default 'Australia/Brisbane',
    "Closes" time not null default '17:00:00',
    "Warn" int not null default 4,
    "Grace" int not null default 0,
    "Closed" smallint[] not null default '{}',
    "Mail" text
  );
  create table "School Records"."Courses" (
    "Course Id" uuid primary key default gen_random_uuid(),
    "School" uuid not null references "School Records"."Schools",
    "Pupil" text,
    "Course" text,
    "Money" text not null default 'AUD',
    "State" text not null default 'draft'
  );
  create table "School Records"."Fees" (
    "Fee Id" uuid primary key default gen_random_uuid(),
    "Of Course" uuid not null references "School Records"."Courses",
    "How Much" numeric(12, 2) not null,
    "Due On" date not null,
    "State" text not null default 'draft'
  );
  alter table "School Records"."Schools" enable row level security;
  alter table "School Records"."Courses" enable row level security;
  alter table "School Records"."Fees" enable row level security;
`;

/** Who sees its rows: as in our tables, for which the tests of the domain are. */
export const EVERY_NAME_RIGHTS = `
  grant usage on schema "School Records" to authenticated, service_role;
  grant select on all tables in schema "School Records" to authenticated;
  grant select, insert, update, delete on all tables in schema "School Records"
    to service_role;
  create policy "Members and admins" on "School Records"."Schools"
    for select to authenticated using (
      exists (
        select 1
        from public.user_roles as membership
        where membership.user_id = (select auth.uid())
          and (membership.role = 'admin' or membership.agency_id = "School Id")
      )
    );
  create policy "Of their schools" on "School Records"."Courses"
    for select to authenticated using (
      "School" in (select "School Id" from "School Records"."Schools")
    );
  create policy "Of their courses" on "School Records"."Fees"
    for select to authenticated using (
      "Of Course" in (select "Course Id" from "School Records"."Courses")
    );
`;

/** What they are called. */
export const EVERY_NAME_MAP: MapEntries = {
  agencies: "School Records.Schools",
  "agencies.id": "School Id",
  "agencies.name": "Title",
  "agencies.timezone": "Zone",
  "agencies.overdue_cutoff_time": "Closes",
  "agencies.due_soon_threshold_days": "Warn",
  "agencies.grace_days": "Grace",
  "agencies.closed_weekdays": "Closed",
  "agencies.contact_email": "Mail",
  payment_plans: "School Records.Courses",
  "payment_plans.id": "Course Id",
  "payment_plans.agency_id": "School",
  "payment_plans.student_name": "Pupil",
  "payment_plans.course_name": "Course",
  "payment_plans.currency": "Money",
  "payment_plans.status": "State",
  installments: "School Records.Fees",
  "installments.id": "Fee Id",
  "installments.payment_plan_id": "Of Course",
  "installments.amount": "How Much",
  "installments.student_due_date": "Due On",
  "installments.status": "State",
};
