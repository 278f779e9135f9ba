import { join } from "node:path";
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

// The packages read the file before they create and start a cluster `main` of
// their own.
const INSTALL = `
folder=/etc/postgresql-common/createcluster.d
mkdir -p "$folder"
trap 'rm -f "$folder/duewatch.conf"; rmdir --ignore-fail-on-non-empty "$folder"' EXIT
echo 'create_main_cluster = false' >"$folder/duewatch.conf"
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
`;

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
    await ensureInstalled(await packagesOf(installedMajor), progress);
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
  await ensureInstalled(await packagesOf(major), progress);
  return installationOf(major);
}

async function installedMajors(): Promise<number[]> {
  const majors: number[] = [];
  for (const major of SUPPORTED_MAJORS) {
    const server = join(installationOf(major).libDir, "bin", "postgres");
    if (await exists(server)) majors.push(major);
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

async function packagesOf(major: number): Promise<string[]> {
  // Since Debian 13 and Ubuntu 24.04 the old names of time zones, which
  // agencies may use, are in a package of their own.
  const hasOldNames = await exists("/usr/share/zoneinfo/US/Eastern");
  return [...requiredPackages(major), ...hasOldNames ? [] : ["tzdata-legacy"]];
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
  const { stdout } = await run([
    "dpkg-query",
    "--show",
    "--showformat=${db:Status-Abbrev} ${Package}\\n",
  ]);
  const installed = parseInstalled(stdout);
  const missing = packages.filter((name) => !installed.has(name));
  if (missing.length === 0) return;

  const prefix = await privilege(missing);
  await updateIndex(progress, prefix);
  progress.step(`Installing with apt: ${missing.join(" ")}`);
  const { code } = await run(
    [...prefix, "sh", "-ec", INSTALL, "sh", ...missing],
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
