import { z } from "zod";
import { literal } from "../names/tokens.ts";
import type { ProjectDatabase } from "../preflight/database.ts";
import { type Kind, KINDS, NAMES } from "./kinds.ts";
import { withReadableVault } from "./readable_vault.ts";

const storedKey = z.object({
  value: z.string(),
  /** When it was stored. */
  since: z.coerce.date(),
  /** Seconds ago, by the clock of the database. */
  age: z.number(),
});

const rotation = z.object({
  current: storedKey.nullable(),
  /** Made, and not the current one yet. */
  next: storedKey.nullable(),
  /** Still accepted by the functions. */
  former: storedKey.nullable(),
});

/** A key as Vault has it. Its value is never shown. */
export type StoredKey = z.infer<typeof storedKey>;

/** How far the rotation of one kind of key is. */
export type Rotation = z.infer<typeof rotation>;

/** Reads the keys of one kind from Vault. */
export async function readRotation(
  database: ProjectDatabase,
  kind: Kind,
): Promise<Rotation> {
  return (await readRotations(database))[kind];
}

const rotations = z.object({ job: rotation, read: rotation });

/** Reads the keys of every kind from Vault, with one question. */
export async function readRotations(
  database: ProjectDatabase,
): Promise<Record<Kind, Rotation>> {
  const part = (name: string) =>
    `(
    select jsonb_build_object(
      'value', btrim(held.decrypted_secret, E' \\t\\r\\n'),
      'since', held.updated_at,
      'age', extract(epoch from clock_timestamp() - held.updated_at)
    )
    from vault.decrypted_secrets as held
    where held.name = ${literal(name)}
      and btrim(held.decrypted_secret) <> ''
  )`;
  const parts = KINDS.map((kind) => {
    const { secret } = NAMES[kind];
    return `${literal(kind)}, jsonb_build_object(
        'current', ${part(secret)},
        'next', ${part(`${secret}_next`)},
        'former', ${part(`${secret}_former`)}
      )`;
  });
  const statement = `select jsonb_build_object(${parts.join(", ")})`;
  return rotations.parse(
    await withReadableVault(() => database.read(statement)),
  );
}

/**
 * Makes a new key in Vault, beside the current one. It is made there, so that
 * no statement holds it.
 */
export async function makeNext(
  database: ProjectDatabase,
  kind: Kind,
): Promise<void> {
  const { secret, prefix } = NAMES[kind];
  await database.change(`
    do $keys$
    begin
      delete from vault.secrets where name = ${literal(`${secret}_next`)};
      perform vault.create_secret(
        ${
    literal(prefix)
  } || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''),
        ${literal(`${secret}_next`)},
        'Duewatch: a key that is about to be used'
      );
    end
    $keys$`);
}

/** Makes the next key the current one, and keeps the former as such. */
export async function switchKeys(
  database: ProjectDatabase,
  kind: Kind,
): Promise<void> {
  const { secret } = NAMES[kind];
  await database.change(`
    do $keys$
    declare
      next_value text;
      current_id uuid;
      current_value text;
    begin
      select decrypted_secret into strict next_value
      from vault.decrypted_secrets where name = ${literal(`${secret}_next`)};
      select id, decrypted_secret into current_id, current_value
      from vault.decrypted_secrets where name = ${literal(secret)};

      if current_value is distinct from next_value then
        delete from vault.secrets where name = ${literal(`${secret}_former`)};
        if current_value is not null then
          perform vault.create_secret(
            current_value, ${literal(`${secret}_former`)},
            'Duewatch: still accepted, for a few minutes'
          );
        end if;
        if current_id is null then
          perform vault.create_secret(next_value, ${
    literal(secret)
  }, 'Duewatch: ${kind} key');
        else
          perform vault.update_secret(current_id, next_value);
        end if;
      end if;
      delete from vault.secrets where name = ${literal(`${secret}_next`)};
    end
    $keys$`);
}

/** Forgets the former key, when the functions do not accept it any more. */
export async function dropFormer(
  database: ProjectDatabase,
  kind: Kind,
): Promise<void> {
  await database.change(
    `delete from vault.secrets where name = ${
      literal(`${NAMES[kind].secret}_former`)
    }`,
  );
}
