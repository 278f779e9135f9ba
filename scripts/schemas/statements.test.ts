import { deepEqual } from "node:assert/strict";
import { statementsOf } from "./statements.ts";

Deno.test("statements end at semicolons outside of texts, names, bodies and comments", () => {
  deepEqual(
    statementsOf(`
-- Why; it is so.
create function jobs.a() returns text language sql as $function$
  select 'a;'; -- b;
$function$;

comment on function jobs.a() is 'It''s; so';
/* Not; this. */
create policy "a;b" on jobs.t;
create function jobs.b() returns int language sql
begin atomic
  select case when true then 1 end;
end;
select $$x;$$`),
    [
      "create function jobs.a() returns text language sql as $function$\n" +
      "  select 'a;'; -- b;\n$function$",
      "comment on function jobs.a() is 'It''s; so'",
      'create policy "a;b" on jobs.t',
      "create function jobs.b() returns int language sql\n" +
      "begin atomic\n  select case when true then 1 end;\nend",
      "select $$x;$$",
    ],
  );
});
