import { z } from "zod";
import { parseJson } from "../../json/parse_json.ts";
import type { FunctionAnswer, Settings } from "./facts.ts";
import { type Fault, fault } from "./fault.ts";
import { fingerprint } from "./fingerprint.ts";

/** Judges what each function has answered to the database. */
export function functionFaults(
  answers: readonly FunctionAnswer[],
  { functionsUrl, jobKey }: Settings,
): Fault[] {
  const url = functionsUrl.value ?? "";
  if (answers.some(isOfOtherDatabase)) {
    return [
      fault(
        "database_copy",
        `The functions at ${url} belong to another database: this one is a copy, ` +
          "or functions_url in Vault is the address of another project.",
        "Disarm the copy. See docs/how-to/branches-and-clones.md.",
        { command: "select jobs.disarm('<why>');" },
      ),
    ];
  }
  if (answers.every(({ problem }) => problem !== null)) {
    const reason = withoutPrefix(answers[0]?.problem ?? "");
    return [
      fault(
        "functions_unreachable",
        `No function answers the database at ${url}: ${reason}`,
        "Is functions_url in Vault the address of this project, and do its functions run?",
      ),
    ];
  }
  if (answers.length > 1 && answers.every(({ status }) => status === 404)) {
    return [
      fault(
        "functions_missing",
        `None of the functions is at ${url}.`,
        "Deploy them. If they are deployed, functions_url in Vault is another project's.",
        { command: "npx supabase functions deploy" },
      ),
    ];
  }
  const refusing = answers.filter(({ status }) =>
    status === 401 || status === 403
  );
  const faults: Fault[] = [];
  if (refusing.length > 0) {
    const byPlatform = refusing.filter(({ content }) => !isOurs(content));
    if (byPlatform.length > 0) {
      faults.push(fault(
        "verify_jwt",
        `${
          doNot(byPlatform)
        } see their calls: the platform refuses them first.`,
        "Set verify_jwt = false for it in supabase/config.toml, and deploy it again.",
        { command: "npx supabase functions deploy --no-verify-jwt" },
      ));
    }
    const byFunction = refusing.filter(({ content }) => isOurs(content));
    if (byFunction.length > 0) {
      faults.push(fault(
        "keys_differ",
        `${doNot(byFunction)} accept the key in Vault (${
          fingerprint(jobKey.value ?? "")
        }): it is not in JOBS_API_KEY.`,
        "Give the functions and Vault the same new key.",
        { command: "npx duewatch keys rotate job" },
      ));
    }
  }
  for (const answer of answers) {
    const found = faultOf(answer);
    if (found !== null) faults.push(found);
  }
  return faults;
}

function faultOf(
  { slug, status, content, problem }: FunctionAnswer,
): Fault | null {
  if (isHealthReport(content)) return null;
  const deploy = { command: `npx supabase functions deploy ${slug}` };
  if (problem !== null) {
    return fault(
      "function_silent",
      `The function ${slug} does not answer the database: ${
        withoutPrefix(problem)
      }`,
      "Look into its log. It may hang, or wait for something that does not answer.",
    );
  }
  if (status === 404) {
    return fault(
      "function_missing",
      `The function ${slug} is not deployed.`,
      "Deploy it.",
      deploy,
    );
  }
  if (status === 503) {
    const error = errorOf(content);
    return error?.code === "not_configured"
      ? fault(
        "key_missing",
        `The function ${slug} has no JOBS_API_KEY, so it refuses every key.`,
        "Give the functions and Vault the same new key.",
        { command: "npx duewatch keys rotate job" },
      )
      : fault(
        "function_does_not_start",
        `The function ${slug} does not start.`,
        "Its log names the variable, import or line. Correct it and deploy again.",
        deploy,
      );
  }
  if (status !== null && status >= 500) {
    const error = errorOf(content);
    return fault(
      "function_fails",
      `The function ${slug} answers ${status}${
        error === null ? "." : `: ${error.message}`
      }`,
      "Look into its log.",
    );
  }
  return null;
}

function isOfOtherDatabase(
  { status, content, problem }: FunctionAnswer,
): boolean {
  return (status === 421 && errorOf(content)?.code === "other_database") ||
    (problem?.includes("this database is a copy") ?? false);
}

function isOurs(content: string | null): boolean {
  return errorOf(content) !== null;
}

const errorBody = z.object({
  error: z.looseObject({ code: z.string(), message: z.string() }),
});

function errorOf(content: string | null) {
  const code = /"error"\s*:\s*\{/.test(content ?? "");
  if (!code) return null;
  const parsed = errorBody.safeParse(parseJson(content ?? ""));
  return parsed.success
    ? parsed.data.error
    : { code: "unknown", message: "it has failed" };
}

// It is longer than what is kept of an answer.
function isHealthReport(content: string | null): boolean {
  return /^\{"status":"(?:ok|warning|critical)"/.test(content ?? "");
}

function doNot(answers: readonly FunctionAnswer[]): string {
  const slugs = answers.map(({ slug }) => slug);
  return slugs.length === 1
    ? `The function ${slugs[0]} does not`
    : `The functions ${slugs.slice(0, -1).join(", ")} and ${
      slugs.at(-1)
    } do not`;
}

function withoutPrefix(problem: string): string {
  return problem.replace(/^The function could not be called: /, "");
}
