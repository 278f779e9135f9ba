create function jobs.sqlstate_text(code text)
returns text
language sql
immutable
set search_path = ''
as $function$
  select format('%s (%s)', class.meaning, sqlstate_text.code)
  from (
    values
      ('08', 'no connection to the database'),
      ('0A', 'not supported by the database'),
      ('21', 'statement refused by the database'),
      ('22', 'invalid data'),
      ('23', 'constraint violated'),
      ('25', 'invalid transaction state'),
      ('28', 'sign-in to the database refused'),
      ('39', 'error in an extension of the database'),
      ('40', 'conflict between transactions'),
      ('42', 'missing permission or object'),
      ('53', 'the database is out of resources'),
      ('54', 'a limit of the database was reached'),
      ('55', 'locked by another session'),
      ('57', 'time-out or shutdown'),
      ('58', 'system error of the database'),
      ('P0', 'error raised in the database'),
      ('PT', 'error raised in the database'),
      ('XX', 'internal error of the database')
  ) as class (prefix, meaning)
  -- With a digit: five capital letters may be a name.
  where sqlstate_text.code ~ '^[0-9A-Z]{5}$'
    and sqlstate_text.code ~ '[0-9]'
    and left(sqlstate_text.code, 2) = class.prefix;
$function$;

revoke all on function jobs.sqlstate_text(text)
  from public, anon, authenticated, service_role;

comment on function jobs.sqlstate_text(text) is
  'What the class of an SQLSTATE means, for people, with the code; null for anything else.';
