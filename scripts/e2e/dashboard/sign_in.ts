import type { Browser } from "playwright-core";
import { assemble } from "../../dashboard/page_build.ts";
import type { Database } from "../support/database.ts";
import { keys, urls } from "../support/stack.ts";
import { type Visit, visit } from "./browser.ts";
import { pageParts } from "./served.ts";
import { recordWire, type Wire } from "./wire.ts";

/** The password of everybody whom `insertUser` makes. */
export const PASSWORD = "correct horse battery";

/**
 * Serves the page as any static host does, without a header of its own.
 *
 * @param otherKey a publishable key that is not the project's.
 */
export async function withStaticHost<T>(
  work: (address: string) => Promise<T>,
  otherKey?: string,
): Promise<T> {
  const publishableKey = otherKey ?? (await keys()).publishableKey;
  const { html } = assemble(await pageParts(), {
    mode: "sign-in",
    project: urls.apiUrl,
    publishableKey,
    local: true,
  });
  await using host = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(html, { headers: { "Content-Type": "text/html" } }),
  );
  return await work(`http://127.0.0.1:${host.addr.port}/`);
}

/**
 * Inserts somebody who can sign in, with a role or without one.
 *
 * @returns their email address.
 */
export async function insertUser(
  sql: Database,
  role: string | null,
  agencyId: string | null = null,
): Promise<string> {
  const id = crypto.randomUUID();
  const email = `${id}@example.com`;
  await sql`
    insert into auth.users (id, aud, role, email, encrypted_password, created_at)
    values (
      ${id}, 'authenticated', 'authenticated', ${email},
      extensions.crypt(${PASSWORD}, extensions.gen_salt('bf', 4)), now()
    )
  `;
  if (role !== null) {
    await sql`
      insert into public.user_roles (user_id, role, agency_id)
      values (${id}, ${role}, ${agencyId})
    `;
  }
  return email;
}

/** Opens the page, signs in, and keeps every answer that the page gets. */
export async function signedIn(
  browser: Browser,
  address: string,
  email: string,
  password = PASSWORD,
): Promise<Visit & { readonly wire: Wire }> {
  const visited = await visit(browser, address);
  const { page } = visited;
  const wire = recordWire(page);
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  return { ...visited, wire };
}

/** Signs somebody in without a browser. */
export async function tokenOf(email: string): Promise<string> {
  const { publishableKey } = await keys();
  const response = await fetch(`${urls.authUrl}/token?grant_type=password`, {
    method: "POST",
    headers: { apikey: publishableKey },
    body: JSON.stringify({ email, password: PASSWORD }),
  });
  const { access_token: token } = await response.json();
  return token;
}
