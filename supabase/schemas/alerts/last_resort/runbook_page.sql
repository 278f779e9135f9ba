create function jobs.runbook_page(page text)
returns text
language plpgsql
stable
set search_path = ''
as $function$
begin
  return coalesce(rtrim(jobs.optional_setting('runbook_url'), '/'), 'docs/runbooks') || '/' || runbook_page.page || '.md';
exception
  -- A message without a link is better than none.
  when others then
    return 'docs/runbooks/' || runbook_page.page || '.md';
end
$function$;

revoke all on function jobs.runbook_page(text)
  from public, anon, authenticated, service_role;

comment on function jobs.runbook_page(text) is
  'The address of a page of the runbooks, by the setting runbook_url; without it, the path in the repository.';
