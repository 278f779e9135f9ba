import { join, normalize } from "node:path";
import { exists } from "../stack/files.ts";

/** The ref of its only project. */
export const REF = "abcdefghijklmnopqrst";

/** How its only project is described. */
export const PROJECT = {
  id: REF,
  ref: REF,
  organization_id: "org",
  organization_slug: "org",
  name: "Production",
  region: "ap-southeast-2",
  created_at: "2026-01-01T00:00:00Z",
  status: "ACTIVE_HEALTHY",
  database: {
    host: "127.0.0.1",
    version: "15",
    postgres_engine: "15",
    release_channel: "ga",
  },
};

/** Keys that the CLI tries whether it may have; nothing else has them. */
export const API_KEYS = [
  { name: "anon", type: "legacy", id: "1", api_key: "anon-key" },
  { name: "service_role", type: "legacy", id: "2", api_key: "service-key" },
];

/** Whether a path leads to the only project, or to no particular one. */
export function isOfProject(path: string): boolean {
  const [, ref] = /^\/v1\/projects\/([^/]+)/.exec(path) ?? [];
  return ref === undefined || ref === REF;
}

/** How a function is described. */
export function describe(slug: string) {
  return {
    id: slug,
    slug,
    name: slug,
    status: "ACTIVE",
    version: 1,
    created_at: 1,
    updated_at: 1,
    verify_jwt: false,
  };
}

/** Writes the uploaded files at their paths, as the platform bundles them. */
export async function unpack(form: FormData, dir: string): Promise<void> {
  for (const part of form.getAll("file")) {
    if (!(part instanceof File)) continue;
    const path = normalize(part.name);
    if (path.startsWith("..") || path.startsWith("/")) {
      throw new Error(`The upload leaves its folder: ${part.name}`);
    }
    const target = join(dir, path);
    await Deno.mkdir(join(target, ".."), { recursive: true });
    await Deno.writeFile(target, await part.bytes());
  }
  if (!await exists(join(dir, "supabase", "functions"))) {
    throw new Error("The upload holds no function.");
  }
}

/** What is shown of a secret. */
export async function digest(value: string): Promise<string> {
  const bytes = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(value),
  );
  return new Uint8Array(bytes).toHex();
}
