/** The sorts of keys that Duewatch has of its own. */
export const KINDS = ["job", "read"] as const;

export type Kind = typeof KINDS[number];

/** Where the keys of one kind are. */
export interface KeyNames {
  /** In Vault; of the new one and the former one with a suffix. */
  readonly secret: string;
  /** Of the functions. */
  readonly variable: string;
  /** What each key begins with. */
  readonly prefix: string;
}

/** Where the keys of each kind are. */
export const NAMES: Readonly<Record<Kind, KeyNames>> = {
  job: { secret: "jobs_api_key", variable: "JOBS_API_KEY", prefix: "job_" },
  read: { secret: "jobs_read_key", variable: "JOBS_READ_KEY", prefix: "read_" },
};

/** How long a former key stays accepted. */
export const GRACE_MINUTES = 10;
