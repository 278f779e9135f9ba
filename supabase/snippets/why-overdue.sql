-- Why is an installment overdue, or when will it be?
--
-- Answer:  one row per installment with its reason in a sentence. As it is saved, it
--          explains the ten that were due last. No row: none is open.
-- Columns: installment_id, verdict, sentence, overdue_at
-- To do:   replace the list by the ids that you ask about. verdict correctable: it is
--          marked, but not overdue by today's settings.

select
  installment.id as installment_id,
  explained.facts ->> 'verdict' as verdict,
  explained.facts ->> 'sentence' as sentence,
  (explained.facts ->> 'overdueAt')::timestamptz as overdue_at
from public.installments as installment
cross join lateral public.explain_installment(installment.id) as explained (facts)
where installment.id in (
  select open.id
  from public.installments as open
  where open.status in ('pending', 'overdue')
    and open.student_due_date <= current_date + 1
  order by open.student_due_date desc
  limit 10
)
order by installment.student_due_date desc;
