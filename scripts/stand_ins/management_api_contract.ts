/** A request to the Management API, as it is kept for a test. */
export interface ApiCall {
  readonly method: string;
  readonly path: string;
}

/** How a hosted project looks to the Supabase CLI and to its database. */
export interface ManagementApi extends AsyncDisposable {
  /** The ref of its only project. */
  readonly ref: string;
  /** The only token that it accepts. */
  readonly token: string;
  /** A profile of the CLI that leads here. */
  readonly profile: string;
  /** Where the deployed functions answer. */
  readonly functionsUrl: string;
  readonly calls: readonly ApiCall[];
  /** The secrets of the functions, as they were set. */
  readonly secrets: ReadonlyMap<string, string>;
  /** The functions that answer. */
  readonly deployed: ReadonlySet<string>;
  /**
   * Lets requests whose path matches be refused, until it is called again.
   *
   * @param refusal 500 when it is left out.
   */
  fail(path: RegExp | null, refusal?: Refusal): void;
  /** What the project is doing; only while it is healthy its database answers. */
  setStatus(status: string): void;
}

/** How a request is refused. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** What the platform gives its functions. */
export interface PlatformOptions {
  /** The variables that a hosted project sets itself. */
  readonly environment: () => Promise<Record<string, string>>;
  /** The checkout, whose lock file fixes the versions of libraries. */
  readonly repoDir: string;
  /** The project's database, in which statements are run. */
  readonly databaseUrl: string;
  /** How many requests a minute are answered. The default is the real one. */
  readonly requestsPerMinute?: number;
}
