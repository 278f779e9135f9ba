-- Realistic example data for demonstrations and tests.
--
-- It has 22 education agencies in 22 time zones, among them half-hour and
-- quarter-hour ones and the last one on Earth to see each day, with their own
-- cut-offs, currencies and contacts. They have some 700 payment plans in every
-- status and some 5,000 installments around today, as if the daily job had been
-- down for three days: most past installments are paid, some are overdue, and
-- nearly every agency has some that are past due and still pending.
--
-- Torrens allows a day of grace, Albion is closed on weekends, and
-- Rive Gauche is closed on the public holidays of France.
--
-- "Today" is the calendar day of each agency, never that of the server.
--
-- The data is deterministic. Every choice is a byte of the md5 of a stable key
-- ("dice"), and so is every id (as a UUID of version 8, RFC 9562). Only the dates
-- move, with now(). A second run finds its ids and changes nothing, whatever has
-- happened to the rows since.
--
-- People sign in through Supabase Auth, so no user is created here: rows that are
-- inserted into auth.users by hand make its sign-in fail. To make a user an admin
-- after they have signed up:
--   insert into public.user_roles (user_id, role) values ('<user id>', 'admin');

insert into public.agencies (
  id,
  name,
  timezone,
  overdue_cutoff_time,
  due_soon_threshold_days,
  grace_days,
  closed_weekdays,
  contact_email,
  created_at
)
select
  overlay(overlay(
    md5('duewatch seed agency ' || office.slug)
    placing '8' from 13) placing '8' from 17)::uuid,
  office.name,
  office.timezone,
  office.cutoff::time,
  office.due_soon_days,
  case when office.slug = 'torrens' then 1 else 0 end,
  case when office.slug = 'albion' then '{6,7}'::smallint[] else '{}' end,
  'accounts@' || office.slug || '.example.' || office.top_level,
  timestamptz '2024-02-01 00:00:00+00'
from
  (
    values
      ('southern-star', 'com', 'Southern Star Education', 'Australia/Brisbane', '17:00', 4),
      ('harbour-gate', 'com', 'Harbour Gate Student Services', 'Australia/Sydney', '17:30', 4),
      ('laneway', 'org', 'Laneway International', 'Australia/Melbourne', '16:00', 5),
      ('black-swan', 'com', 'Black Swan Study Pathways', 'Australia/Perth', '18:00', 7),
      ('torrens', 'net', 'Torrens Admissions', 'Australia/Adelaide', '17:00', 4),
      ('golden-coast', 'com', 'Golden Coast Education', 'America/Los_Angeles', '17:00', 3),
      ('five-boroughs', 'org', 'Five Boroughs Scholars', 'America/New_York', '18:00', 5),
      ('lakeshore', 'com', 'Lakeshore College Advisers', 'America/Chicago', '16:30', 4),
      ('albion', 'org', 'Albion Study Partners', 'Europe/London', '17:30', 7),
      ('rive-gauche', 'com', 'Rive Gauche Études', 'Europe/Paris', '12:00', 10),
      ('sakura-bridge', 'com', 'Sakura Bridge Ryugaku', 'Asia/Tokyo', '15:00', 5),
      ('lion-city', 'com', 'Lion City Prepaid Programmes', 'Asia/Singapore', '00:00', 14),
      ('long-cloud', 'net', 'Long Cloud Education', 'Pacific/Auckland', '17:00', 4),
      ('open-campus', 'org', 'Open Campus Online', 'UTC', '23:59:59', 2),
      ('banyan-tree', 'com', 'Banyan Tree Overseas Education', 'Asia/Kolkata', '18:30', 7),
      ('himal', 'org', 'Himal Study Abroad', 'Asia/Kathmandu', '16:00', 7),
      ('admiralty-islets', 'com', 'Admiralty Islets Field School', 'Australia/Lord_Howe', '15:30', 4),
      ('first-light', 'net', 'First Light Rural Training', 'Pacific/Chatham', '12:00', 3),
      ('signal-hill', 'org', 'Signal Hill College Services', 'America/St_Johns', '16:45', 5),
      ('ipanema', 'com', 'Ipanema Intercâmbio', 'America/Sao_Paulo', '20:00', 5),
      ('line-islands', 'org', 'Line Islands Maritime Academy', 'Pacific/Kiritimati', '09:00', 4),
      ('tutuila', 'org', 'Tutuila Bridge Program', 'Pacific/Pago_Pago', '17:00', 30)
  ) as office (slug, top_level, name, timezone, cutoff, due_soon_days)
on conflict do nothing;

insert into public.agency_closed_days (agency_id, day, name)
select
  agency.id,
  make_date(calendar.year, holiday.month, holiday.day),
  holiday.name
from public.agencies as agency
cross join lateral (
  select extract(year from now())::int + ahead as year
  from generate_series(0, 1) as ahead
) as calendar
cross join (
  values
    (1, 1, 'New Year’s Day'),
    (5, 1, 'Labour Day'),
    (5, 8, 'Victory Day'),
    (7, 14, 'National Day'),
    (8, 15, 'Assumption'),
    (11, 1, 'All Saints’ Day'),
    (11, 11, 'Armistice Day'),
    (12, 25, 'Christmas Day')
) as holiday (month, day, name)
where agency.name = 'Rive Gauche Études'
on conflict do nothing;

with
market (timezone, currency, units_per_aud, decimals, step) as (
  -- The price level: step is the unit to which a price is rounded.
  values
    ('Australia/Brisbane', 'AUD', 1, 2, 50),
    ('Australia/Sydney', 'AUD', 1, 2, 50),
    ('Australia/Melbourne', 'AUD', 1, 2, 50),
    ('Australia/Perth', 'AUD', 1, 2, 50),
    ('Australia/Adelaide', 'AUD', 1, 2, 50),
    ('America/Los_Angeles', 'USD', 0.66, 2, 50),
    ('America/New_York', 'USD', 0.66, 2, 50),
    ('America/Chicago', 'USD', 0.66, 2, 50),
    ('Europe/London', 'GBP', 0.52, 2, 50),
    ('Europe/Paris', 'EUR', 0.6, 2, 50),
    ('Asia/Tokyo', 'JPY', 98, 0, 10000),
    ('Asia/Singapore', 'SGD', 0.88, 2, 50),
    ('Pacific/Auckland', 'NZD', 1.1, 2, 50),
    ('UTC', 'USD', 0.66, 2, 50),
    ('Asia/Kolkata', 'INR', 55, 2, 1000),
    ('Asia/Kathmandu', 'NPR', 88, 2, 1000),
    ('Australia/Lord_Howe', 'AUD', 1, 2, 50),
    ('Pacific/Chatham', 'NZD', 1.1, 2, 50),
    ('America/St_Johns', 'CAD', 0.9, 2, 50),
    ('America/Sao_Paulo', 'BRL', 3.6, 2, 100),
    ('Pacific/Kiritimati', 'AUD', 1, 2, 50),
    ('Pacific/Pago_Pago', 'USD', 0.66, 2, 50)
),
course (number, name, price_aud) as (
  values
    (0, 'General English, 24 weeks', 7200),
    (1, 'IELTS Preparation', 3400),
    (2, 'Certificate III in Commercial Cookery', 13500),
    (3, 'Certificate IV in Business', 6800),
    (4, 'Diploma of Early Childhood Education', 15800),
    (5, 'Diploma of Information Technology', 14200),
    (6, 'Diploma of Nursing', 26500),
    (7, 'Advanced Diploma of Hospitality Management', 17900),
    (8, 'Foundation Year', 24600),
    (9, 'Bachelor of Accounting, first year', 31200),
    (10, 'Bachelor of Civil Engineering, first year', 42800),
    (11, 'Graduate Certificate in Data Science', 16400),
    (12, 'Master of Public Health, first year', 38900)
),
origin (number, given_names, family_names) as (
  values
    (0, '{Mei,Jian,Xiu,Wei,Lan,Hao,Yan,Bo}'::text[], '{Chen,Wang,Li,Zhang,Liu,Huang,Zhao,Xu}'::text[]),
    (1, '{Aarav,Diya,Rohan,Ananya,Vikram,Priya,Arjun,Kavya}', '{Sharma,Patel,Reddy,Iyer,Singh,Nair,Das,Mehta}'),
    (2, '{Bibek,Sunita,Prakash,Asmita,Nabin,Sarita,Kiran,Dipesh}', '{Shrestha,Gurung,Tamang,Rai,Thapa,Adhikari,Karki,Magar}'),
    (3, '{Lucía,Mateo,Valentina,Santiago,Camila,Andrés,Sofía,Javier}', '{García,Rojas,Muñoz,Vargas,Castillo,Herrera,Peña,Morales}'),
    (4, '{João,Beatriz,Rafael,Larissa,Thiago,Juliana,Caio,Letícia}', '{Silva,Souza,Oliveira,Gonçalves,Araújo,Ribeiro,Cardoso,Teixeira}'),
    (5, '{Thảo,Minh,Linh,Quang,Hương,Dũng,Trang,Khôi}', '{Nguyễn,Trần,Lê,Phạm,Hoàng,Đặng,Bùi,Đỗ}'),
    (6, '{Chidi,Amara,Tunde,Ngozi,Kwame,Abena,Ifeoma,Kofi}', '{Okafor,Mensah,Adeyemi,Boateng,Eze,Balogun,Owusu,Nwosu}'),
    (7, '{Haruto,Yui,Ren,Sakura,Sota,Hina,Kaito,Aoi}', '{Sato,Suzuki,Tanaka,Watanabe,Ito,Yamamoto,Nakamura,Kobayashi}'),
    (8, '{Fatima,Omar,Layla,Yusuf,Noor,Karim,Zainab,Hassan}', '{Haddad,Khalil,Mansour,Rahman,Aziz,Farah,Saleh,Siddiqui}'),
    (9, '{Ji-woo,Min-jun,Seo-yeon,Do-yun,Ha-eun,Joon-ho,Su-bin,Tae-yang}', '{Kim,Lee,Park,Choi,Jung,Kang,Cho,Yoon}'),
    (10, '{Camille,Hugo,Chloé,Léa,Lukas,Hannah,Matteo,Giulia}', '{Dubois,Moreau,Lefèvre,Schmidt,Weber,Rossi,Bianchi,O’Brien}'),
    (11, '{Putri,Budi,Dewi,Agus,Siti,Rizky,Maria,Jose}', '{Santoso,Wijaya,Pratama,Lestari,Santos,Reyes,Cruz,Bautista}')
),
enrolment as (
  select
    plan_id.plan_id,
    agency.id as agency_id,
    agency.timezone,
    (now() at time zone agency.timezone)::date as today,
    dice.dice,
    case
      when get_byte(dice.dice, 0) < 20 then 'draft'
      when get_byte(dice.dice, 0) < 40 then 'cancelled'
      when get_byte(dice.dice, 0) < 85 then 'completed'
      else 'active'
    end as status,
    3 + get_byte(dice.dice, 1) % 10 as parts,
    case
      when get_byte(dice.dice, 2) < 50 then interval '14 days'
      else interval '1 month'
    end as rhythm,
    get_byte(dice.dice, 3) as position,
    get_byte(dice.dice, 4) as shift,
    agency_market.currency,
    agency_market.decimals,
    round(
      course.price_aud * agency_market.units_per_aud / agency_market.step
    ) * agency_market.step as price,
    origin.given_names[1 + get_byte(dice.dice, 6) % 8]
    || ' '
    || origin.family_names[1 + get_byte(dice.dice, 7) % 8] as student_name,
    course.name as course_name
  from public.agencies as agency
  inner join market as agency_market
    on agency_market.timezone = agency.timezone
  cross join lateral generate_series(
    1,
    24 + get_byte(decode(md5(agency.id::text), 'hex'), 0) % 17
  ) as enrolled (number)
  cross join lateral (
    select decode(md5(agency.id || ' plan ' || enrolled.number), 'hex')
  ) as dice (dice)
  cross join lateral (
    select
      overlay(overlay(
        encode(dice.dice, 'hex')
        placing '8' from 13) placing '8' from 17)::uuid
  ) as plan_id (plan_id)
  inner join course
    on course.number = get_byte(dice.dice, 5) % 13
  inner join origin
    on origin.number = get_byte(dice.dice, 8) % 12
  where agency.contact_email like 'accounts@%.example.%'
),
schedule as (
  -- One installment of each plan is the pivot: number `pivot` falls `shift_days`
  -- from today, and the others lie before and after it in the plan's rhythm.
  -- An active plan always has an installment left to come, and three in ten have
  -- one that fell due today or in the three days before.
  select
    enrolment.*,
    case enrolment.status
      when 'draft' then 1
      when 'completed' then enrolment.parts
      else 1 + enrolment.position % (enrolment.parts - 1)
    end as pivot,
    enrolment.today + case enrolment.status
      when 'draft' then 14 + enrolment.shift % 45
      when 'completed' then -8 - enrolment.shift % 180
      when 'cancelled' then enrolment.shift % 90 - 45
      else
        case
          when enrolment.position < 77 then -(enrolment.shift % 4)
          else enrolment.shift % 27 - 13
        end
    end as pivot_date
  from enrolment
),
due as (
  select
    schedule.*,
    part.number,
    (
      schedule.pivot_date + (part.number - schedule.pivot) * schedule.rhythm
    )::date as due_date,
    case
      when part.number < schedule.parts
        then trunc(schedule.price / schedule.parts, schedule.decimals)
      else
        schedule.price
        - (schedule.parts - 1)
        * trunc(schedule.price / schedule.parts, schedule.decimals)
    end as amount,
    decode(md5(schedule.plan_id || ' part ' || part.number), 'hex') as part_dice
  from schedule
  cross join lateral generate_series(1, schedule.parts) as part (number)
),
installment as (
  select
    due.*,
    least(
      (min(due.due_date) over (partition by due.plan_id) - 21 - due.shift % 40)
      + time '10:00',
      now() at time zone due.timezone - interval '3 days'
    ) at time zone due.timezone as signed_at,
    case
      when due.status = 'draft' then 'draft'
      when due.status = 'cancelled' then 'cancelled'
      when due.status = 'completed' then 'paid'
      when due.due_date > due.today
        then
          case
            when due.due_date < due.today + 45
              and get_byte(due.part_dice, 0) < 30 then 'paid'
            else 'pending'
          end
      when due.due_date = due.today
        then
          case
            when get_byte(due.part_dice, 0) < 64 then 'paid'
            else 'pending'
          end
      when due.due_date >= due.today - 3
        then
          case
            when get_byte(due.part_dice, 0) < 100 then 'paid'
            when get_byte(due.part_dice, 0) < 112 then 'partial'
            else 'pending'
          end
      when get_byte(due.part_dice, 0) < 226 then 'paid'
      when get_byte(due.part_dice, 0) < 236 then 'partial'
      else 'overdue'
    end as installment_status
  from due
),
new_plan as (
  insert into public.payment_plans (
    id,
    agency_id,
    student_name,
    course_name,
    total_amount,
    currency,
    status,
    created_at
  )
  select
    installment.plan_id,
    installment.agency_id,
    installment.student_name,
    installment.course_name,
    installment.price,
    installment.currency,
    installment.status,
    installment.signed_at
  from installment
  where installment.number = 1
  on conflict do nothing
)
insert into public.installments (
  id,
  payment_plan_id,
  amount,
  student_due_date,
  status,
  paid_at,
  created_at
)
select
  overlay(overlay(
    encode(installment.part_dice, 'hex')
    placing '8' from 13) placing '8' from 17)::uuid,
  installment.plan_id,
  installment.amount,
  installment.due_date,
  installment.installment_status,
  -- Paid in office hours, from six days before the due date to two days after.
  case
    when installment.installment_status = 'paid'
      then least(
        (
          installment.due_date
          - 6
          + get_byte(installment.part_dice, 1) % 9
          + time '08:00'
          + get_byte(installment.part_dice, 2) * interval '2 minutes'
        ) at time zone installment.timezone,
        now() - get_byte(installment.part_dice, 3) * interval '10 minutes'
      )
  end,
  installment.signed_at
from installment
on conflict do nothing;
