import { NewJobError } from "./errors.ts";

// The checks of jobs.definitions.
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*$/;
// pg_cron cuts longer names; these are of one byte a character.
const MAX_BYTES = 63;
const RESERVED = "duewatch";

/**
 * Checks a name by the rules of `jobs.definitions`, and by that of Supabase for
 * the function of the same name.
 *
 * @returns the name.
 * @throws {NewJobError} that says which rule it breaks.
 */
export function checkName(name: string): string {
  const refuse = (rule: string) => {
    throw new NewJobError(`A job cannot be called "${name}": ${rule}.`);
  };
  if (!KEBAB_CASE.test(name)) {
    refuse("small letters and digits, joined by single hyphens, are needed");
  }
  if (!/^[a-z]/.test(name)) {
    refuse("Supabase wants a function's name to begin with a letter");
  }
  if (name.length > MAX_BYTES) {
    refuse(`it has ${name.length} bytes, and ${MAX_BYTES} are allowed`);
  }
  if (name === RESERVED) refuse("the alerts that concern all jobs go by it");
  return name;
}
