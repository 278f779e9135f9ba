import type { StackConfig } from "./config.ts";
import { withDatabase } from "./database.ts";

/** Somebody who can sign in to the local stack. */
export interface Person {
  readonly email: string;
  readonly password: string;
  /** What they may see. */
  readonly purpose: string;
}

// As public as the password of the database: both are only reached from this
// machine.
const PASSWORD = "duewatch-local";

/** The people of the seed: an admin, and a member of one agency. */
export const PEOPLE = {
  admin: {
    email: "admin@duewatch.example",
    password: PASSWORD,
    purpose: "sees and does everything",
  },
  member: {
    email: "member@duewatch.example",
    password: PASSWORD,
    purpose: "sees one agency",
  },
} as const satisfies Record<string, Person>;

const MEMBERS_AGENCY = "Southern Star Education";

/**
 * Lets the people of the seed sign in. What they have is left alone, such as
 * another password.
 */
export async function ensurePeople(config: StackConfig): Promise<void> {
  const { admin, member } = PEOPLE;
  await withDatabase(config, async (sql) => {
    await sql`
      insert into auth.users (
        id, aud, role, email, encrypted_password, email_confirmed_at, created_at, updated_at
      )
      select
        gen_random_uuid(), 'authenticated', 'authenticated', person.email,
        extensions.crypt(person.password, extensions.gen_salt('bf')), now(), now(), now()
      from unnest(
        ${[admin.email, member.email]}::text[],
        ${[admin.password, member.password]}::text[]
      ) as person (email, password)
      where not exists (
        select 1 from auth.users as known where known.email = person.email
      )
    `;
    await sql`
      insert into public.user_roles (user_id, role, agency_id)
      select known.id, 'admin', null
      from auth.users as known
      where known.email = ${admin.email}
      on conflict do nothing
    `;
    await sql`
      insert into public.user_roles (user_id, role, agency_id)
      select known.id, 'finance', agency.id
      from auth.users as known
      cross join public.agencies as agency
      where known.email = ${member.email}
        and agency.name = ${MEMBERS_AGENCY}
      on conflict do nothing
    `;
  });
}
