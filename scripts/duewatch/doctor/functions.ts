import { z } from "zod";
import { parseJson } from "../../json/parse_json.ts";
import type { FunctionAnswer } from "./calls.ts";
import type { Settings } from "./facts.ts";
import { type Fault, fault } from "./fault.ts";
import { fingerprint } from "./fingerprint.ts";
import { subject, together, type Trouble } from "./trouble.ts";

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
  return [...faults, ...together(answers.map(faultOf))];
}

function faultOf(
  { slug, status, content, problem }: FunctionAnswer,
): Trouble | null {
  if (isHealthReport(content)) return null;
  if (problem !== null) {
    const reason = withoutPrefix(problem);
    return {
      code: "function_silent",
      slug,
      does: [
        `does not answer the database: ${reason}`,
        `do not answer the database: ${reason}`,
      ],
      todo:
        "Look into its log. It may hang, or wait for something that does not answer.",
    };
  }
  if (status === 404) {
    return {
      code: "function_missing",
      slug,
      does: ["is not deployed.", "are not deployed."],
      todo: "Deploy what is missing.",
      deploy: true,
    };
  }
  const error = errorOf(content);
  if (status === 503 && error?.code === "not_configured") {
    return {
      code: "key_missing",
      slug,
      does: [
        "has no JOBS_API_KEY, so it refuses every key.",
        "have no JOBS_API_KEY, so they refuse every key.",
      ],
      todo: "Give the functions and Vault the same new key.",
      command: "duewatch keys rotate job",
    };
  }
  if (status === 503) {
    return {
      code: "function_does_not_start",
      slug,
      does: ["does not start.", "do not start."],
      todo:
        "The log names the variable, import or line. Correct it and deploy again.",
      deploy: true,
    };
  }
  if (status === null || status < 500) return null;
  const answer = `${status}${error === null ? "." : `: ${error.message}`}`;
  return {
    code: "function_fails",
    slug,
    does: [`answers ${answer}`, `answer ${answer}`],
    todo: "Look into its log.",
  };
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
  return `${subject(slugs)} ${slugs.length === 1 ? "does" : "do"} not`;
}

function withoutPrefix(problem: string): string {
  return problem.replace(/^The function could not be called: /, "");
}
