-- Are the settings with which the database calls the functions valid?
--
-- Answer:  one row per setting. problem is null where all is well; no value is
--          shown. in_vault false with no problem: it comes from the database
--          setting app.<name>.
-- Columns: name, problem, in_vault, changed_at
-- To do:   a problem: docs/runbooks/setting-missing.md, or when Vault cannot be
--          read docs/runbooks/setting-unreadable.md. No problem here, and calls
--          are refused (401): docs/runbooks/run-failed.md.

select
  wanted.name,
  jobs.setting_problem(wanted.name) as problem,
  secret.id is not null as in_vault,
  secret.updated_at as changed_at
from (
  values
    ('functions_url'),
    ('jobs_api_key')
) as wanted (name)
left join vault.secrets as secret
  on secret.name = wanted.name
order by wanted.name;
