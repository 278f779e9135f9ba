import { StackError } from "./errors.ts";

/** An account of the operating system. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Parses the text of `/etc/passwd`. */
export function parsePasswd(text: string): SystemUser[] {
  return text.split("\n")
    .map((line) => line.split(":"))
    .filter((fields) => fields.length >= 4)
    .map(([name, , uid, gid]) => ({
      name,
      uid: Number(uid),
      gid: Number(gid),
    }));
}

/** The name of the user with this id, or `user <id>` where it has none. */
export async function userName(uid: number): Promise<string> {
  const users = parsePasswd(await Deno.readTextFile("/etc/passwd"));
  return users.find((user) => user.uid === uid)?.name ?? `user ${uid}`;
}

/**
 * The user whom Postgres runs as: `null` for the current one, the package's
 * `postgres` when the current one is root, which Postgres refuses.
 *
 * @throws StackError when root starts the stack and that user is missing.
 */
export async function clusterUser(): Promise<SystemUser | null> {
  if (Deno.uid() !== 0) return null;
  const users = parsePasswd(await Deno.readTextFile("/etc/passwd"));
  const user = users.find((candidate) => candidate.name === "postgres");
  if (user === undefined) {
    throw new StackError(
      "The user postgres is missing, which Debian's package postgresql-common " +
        "creates: run `apt-get install --reinstall postgresql-common`.",
    );
  }
  return user;
}
