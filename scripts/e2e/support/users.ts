import { type JWTPayload, SignJWT } from "jose";
import type { Database } from "./database.ts";
import { keys } from "./stack.ts";

/** A user and their token, valid by default. */
export interface UserOptions {
  /** In `user_roles`; `null` for none. */
  readonly role: string | null;
  /** When the token expires, such as `5m` or, for the past, `-1s`. */
  readonly expires?: string;
  /** Added to the token, or instead of what it says. */
  readonly claims?: JWTPayload;
  /** Signs the token instead of the project's own secret. */
  readonly secret?: string;
}

/** Creates a user, who exists as long as the stack, and signs them in. */
export async function signIn(
  sql: Database,
  { role, expires = "5m", claims, secret }: UserOptions,
): Promise<string> {
  const { jwtSecret, jwtKeyId } = await keys();
  const userId = crypto.randomUUID();
  await sql`
    insert into auth.users (id, email)
    values (${userId}, ${`${userId}@example.com`})
  `;
  if (role !== null) {
    await sql`
      insert into public.user_roles (user_id, role)
      values (${userId}, ${role})
    `;
  }
  return await new SignJWT({ role: "authenticated", sub: userId, ...claims })
    .setProtectedHeader({ alg: "HS256", kid: jwtKeyId, typ: "JWT" })
    .setAudience("authenticated")
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret ?? jwtSecret));
}
