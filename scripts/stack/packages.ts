import { dirname } from "node:path";
import { run } from "./command.ts";
import { StackError } from "./errors.ts";
import { exists } from "./files.ts";
import type { Progress } from "./progress.ts";

/** Where Debian and Ubuntu keep one major version of Postgres. */
export interface PostgresInstallation {
  readonly major: number;
  /** `/usr/lib/postgresql/<major>` */
  readonly libDir: string;
  /** `/usr/share/postgresql/<major>` */
  readonly shareDir: string;
}

const SUPPORTED_MAJORS = [15, 16, 17] as const;

// Keeps the packages from creating and starting a cluster of their own.
const NO_MAIN_CLUSTER = "/etc/postgresql-common/createcluster.d/duewatch.conf";

/** The folders of one major version. */
export function installationOf(major: number): PostgresInstallation {
  return {
    major,
    libDir: `/usr/lib/postgresql/${major}`,
    shareDir: `/usr/share/postgresql/${major}`,
  };
}

/**
 * Lists what the stack needs of one major version of Postgres: the server, the
 * scheduler, what tests and `supabase db lint` use, and Python for the HTTP
 * stand-in.
 */
export function requiredPackages(major: number): string[] {
  return [
    `postgresql-${major}`,
    `postgresql-${major}-cron`,
    `postgresql-${major}-pgtap`,
    `postgresql-${major}-plpgsql-check`,
    `postgresql-plpython3-${major}`,
    "python3-pycurl",
    "libtap-parser-sourcehandler-pgtap-perl",
    // The workflow job-health-check.yml is tested with them.
    "curl",
    "jq",
  ];
}

/**
 * Picks the newest supported major version.
 *
 * @param candidates major versions that are installed or on offer.
 */
export function newestSupported(candidates: readonly number[]): number | null {
  const usable = SUPPORTED_MAJORS.filter((major) => candidates.includes(major));
  return usable.at(-1) ?? null;
}

/** Reads the majors from `apt-cache search --names-only '^postgresql-[0-9]+$'`. */
export function parseOfferedMajors(aptSearch: string): number[] {
  return [...aptSearch.matchAll(/^postgresql-(\d+) - /gm)]
    .map((match) => Number(match[1]));
}

/**
 * Reads the names of installed packages from
 * `dpkg-query --show --showformat='${db:Status-Abbrev} ${Package}\n'`.
 */
export function parseInstalled(dpkgQuery: string): Set<string> {
  return new Set(
    [...dpkgQuery.matchAll(/^ii\s+(\S+)$/gm)].map((match) => match[1]),
  );
}

/**
 * Makes sure that Postgres and its companions are installed, and installs what
 * is missing as root or through sudo.
 *
 * @param preferredMajor the version that an existing database was made with.
 * @returns the installation to use.
 * @throws StackError with the exact command when we may not install.
 */
export async function ensurePackages(
  progress: Progress,
  preferredMajor: number | null,
): Promise<PostgresInstallation> {
  if (
    !await exists("/usr/bin/dpkg-query") || !await exists("/usr/bin/apt-get")
  ) {
    throw new StackError(
      "The local stack takes Postgres from Debian's or Ubuntu's packages, and " +
        "this system has no apt: use `npx supabase start` with Docker instead.",
    );
  }
  const majors = await installedMajors();
  const installedMajor = majors.find((major) => major === preferredMajor) ??
    newestSupported(majors);
  if (installedMajor !== null) {
    const missing = await missingPackages(installedMajor);
    if (missing.length > 0) await install(missing, progress);
    return installationOf(installedMajor);
  }
  return await installFromScratch(progress);
}

async function installFromScratch(
  progress: Progress,
): Promise<PostgresInstallation> {
  let major = newestSupported(await offeredMajors());
  if (major === null) {
    await updateIndex(progress);
    major = newestSupported(await offeredMajors());
  }
  if (major === null) {
    throw new StackError(
      `None of PostgreSQL ${SUPPORTED_MAJORS.join(", ")} is on offer here: ` +
        "add apt.postgresql.org to the package sources and start again.",
    );
  }
  await install(await missingPackages(major), progress);
  return installationOf(major);
}

async function installedMajors(): Promise<number[]> {
  if (!await exists("/usr/lib/postgresql")) return [];
  const majors: number[] = [];
  for await (const entry of Deno.readDir("/usr/lib/postgresql")) {
    const server = `/usr/lib/postgresql/${entry.name}/bin/postgres`;
    if (await exists(server)) majors.push(Number(entry.name));
  }
  return majors;
}

async function offeredMajors(): Promise<number[]> {
  const { stdout } = await run([
    "apt-cache",
    "search",
    "--names-only",
    "^postgresql-[0-9]+$",
  ]);
  return parseOfferedMajors(stdout);
}

/**
 * Makes sure that further packages are installed, such as tools of the tests.
 *
 * @throws StackError with the exact command when we may not install.
 */
export async function ensureInstalled(
  packages: readonly string[],
  progress: Progress,
): Promise<void> {
  const missing = await notInstalled(packages);
  if (missing.length > 0) await install(missing, progress);
}

async function missingPackages(major: number): Promise<string[]> {
  const required = requiredPackages(major);
  // Since Debian 13 and Ubuntu 24.04 the old names of time zones, which
  // agencies may use, are in a package of their own.
  if (!await exists("/usr/share/zoneinfo/US/Eastern")) {
    required.push("tzdata-legacy");
  }
  return await notInstalled(required);
}

async function notInstalled(packages: readonly string[]): Promise<string[]> {
  const { stdout } = await run([
    "dpkg-query",
    "--show",
    "--showformat=${db:Status-Abbrev} ${Package}\\n",
  ]);
  const installed = parseInstalled(stdout);
  return packages.filter((name) => !installed.has(name));
}

async function install(
  packages: readonly string[],
  progress: Progress,
): Promise<void> {
  const prefix = await privilege(packages);
  await updateIndex(progress, prefix);
  progress.step(`Installing with apt: ${packages.join(" ")}`);
  await using _ = await withholdMainCluster(prefix);
  const { code } = await run(
    [...prefix, ...installCommand(packages)],
    { output: "inherit" },
  );
  if (code !== 0) {
    throw new StackError(
      "apt-get could not install the packages; its own message is above.",
    );
  }
}

/**
 * Fetches the list of packages, as root or through sudo.
 *
 * @param prefix what makes a command run as root, where that is known already.
 */
export async function updateIndex(
  progress: Progress,
  prefix?: readonly string[],
): Promise<void> {
  progress.step("Updating the list of packages (apt-get update)");
  await run([...(prefix ?? await privilege([])), "apt-get", "update", "-qq"], {
    output: "inherit",
  });
}

/** How to become root here: nothing to add as root, or a working sudo. */
async function privilege(packages: readonly string[]): Promise<string[]> {
  if (Deno.uid() === 0) return [];
  if (await exists("/usr/bin/sudo")) {
    if ((await run(["sudo", "-n", "true"])).code === 0) return ["sudo", "-n"];
    if (Deno.stdin.isTerminal()) return ["sudo"];
  }
  const names = packages.length > 0 ? packages : ["postgresql"];
  throw new StackError(
    "Some Debian packages are missing, and you are neither root nor allowed " +
      "to use sudo here. Let an administrator run this, then start again:\n\n" +
      `  apt-get update && apt-get install -y --no-install-recommends ${
        names.join(" ")
      }\n`,
  );
}

function installCommand(packages: readonly string[]): string[] {
  return [
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "install",
    "-y",
    "-qq",
    "--no-install-recommends",
    ...packages,
  ];
}

// The packages read this folder before they create the cluster `main`; the
// file goes away again when they are done.
async function withholdMainCluster(
  prefix: readonly string[],
): Promise<AsyncDisposable> {
  await run([...prefix, "mkdir", "-p", dirname(NO_MAIN_CLUSTER)]);
  await run([...prefix, "tee", NO_MAIN_CLUSTER], {
    stdin: "create_main_cluster = false\n",
  });
  return {
    async [Symbol.asyncDispose]() {
      await run([...prefix, "rm", "-f", NO_MAIN_CLUSTER]);
      await run([
        ...prefix,
        "rmdir",
        "--ignore-fail-on-non-empty",
        dirname(NO_MAIN_CLUSTER),
      ]);
    },
  };
}
