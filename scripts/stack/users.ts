import { StackError } from "./errors.ts";

/** An account of the operating system. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

async function accounts(): Promise<SystemUser[]> {
  const text = await Deno.readTextFile("/etc/passwd");
  return text.split("\n")
    .map((line) => line.split(":"))
    .map(([name, , uid, gid]) => ({
      name,
      uid: Number(uid),
      gid: Number(gid),
    }));
}

/** The name of the user with this id, or `user <id>` where it has none. */
export async function userName(uid: number): Promise<string> {
  const account = (await accounts()).find((account) => account.uid === uid);
  return account?.name ?? `user ${uid}`;
}

/**
 * The user whom Postgres runs as: `null` for the current one, the package's
 * `postgres` when the current one is root, which Postgres refuses.
 *
 * @throws StackError when root starts the stack and that user is missing.
 */
export async function clusterUser(): Promise<SystemUser | null> {
  if (Deno.uid() !== 0) return null;
  const user = (await accounts()).find(({ name }) => name === "postgres");
  if (user === undefined) {
    throw new StackError(
      "The user postgres is missing, which Debian's package postgresql-common " +
        "creates: run `apt-get install --reinstall postgresql-common`.",
    );
  }
  return user;
}
