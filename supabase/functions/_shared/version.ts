/** The version of these functions; the database has its own, `jobs.version()`. */
export const VERSION = "1.0.0-dev";
