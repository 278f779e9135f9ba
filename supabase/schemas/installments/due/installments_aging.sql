create view public.installments_aging
with (security_invoker = true)
as
select aging.*
from public.agencies as agency
cross join lateral public.installments_aging_at(now(), agency.id) as aging;

revoke all on table public.installments_aging
  from public, anon, authenticated, service_role;
grant select on table public.installments_aging to authenticated, service_role;

comment on view public.installments_aging is
  'Open amounts by age, per agency and currency, as of now() in each agency''s own calendar. '
  'security_invoker: callers see what the policies let them see. For another instant, or for many agencies at once: '
  'public.installments_aging_at().';
comment on column public.installments_aging.currency is
  'ISO 4217 code of the plans; null where they have none.';
comment on column public.installments_aging.not_due is
  'Pending on an active plan and not overdue yet, also when still in its grace.';
comment on column public.installments_aging.days_1_to_30 is
  'Overdue, and due at most 30 days ago. The days count from the due date, without grace.';
comment on column public.installments_aging.partial_not_due is
  'Full amounts of partly paid installments that are not overdue. No column says what is left of them.';
comment on column public.installments_aging.partial_overdue is
  'Full amounts of partly paid installments that are overdue. No column says what is left of them.';
