import type { CommonOptions } from "../common_options.ts";
import type {
  DatabaseOptions,
  ProjectDatabase,
} from "../preflight/database.ts";
import type { Project } from "../project/project.ts";
import type { Session } from "../session.ts";
import type { Destination } from "./plan.ts";

/** What `duewatch deploy` is given. */
export interface DeployOptions extends CommonOptions, DatabaseOptions {
  readonly functionsUrl?: string;
  readonly secretsFile?: string;
  readonly turnOn?: boolean;
}

/** What is deployed, and how. */
export interface Deployment {
  readonly session: Session;
  readonly options: DeployOptions;
  readonly project: Project;
  readonly destination: Destination;
  readonly database: ProjectDatabase;
  readonly functions: readonly string[];
  readonly secrets: Readonly<Record<string, string>>;
  readonly pending: readonly string[];
  /** Whose copy the database is, in words; null when it is none. */
  readonly copyOf: string | null;
  /** Whether the database had Duewatch before. */
  readonly wasInstalled: boolean;
}
