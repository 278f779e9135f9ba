import { type StartCommand, startWith } from "../../page_config.ts";
import { config } from "../api/config.ts";
import { Failure } from "../api/failure.ts";
import { signOut } from "../api/session.ts";
import { type Cure, cureOf, otherKey } from "../format/cures.ts";
import { Command } from "./text.tsx";

/** @returns what is wrong, in the words for a heading. */
export function titleOf(error: Error): string {
  if (!(error instanceof Failure)) return "Something went wrong in this page";
  switch (error.kind) {
    case "unreachable":
      return "The functions do not answer";
    case "signed_out":
      return config.mode === "process"
        ? "This browser has not been let in"
        : "The project does not accept your sign-in";
    case "key_refused":
      return "The functions refuse the key";
    case "function_down":
      return error.status === 404
        ? `The function ${error.slug} is not deployed`
        : `The function ${error.slug} does not start`;
    case "forbidden":
      return "You may not see this";
    case "not_found":
      return "There is no such thing";
    case "refused":
      return error.code === "not_configured"
        ? "The functions have no key"
        : error.slug === null
        ? "The database answered with an error"
        : "The functions answered with an error";
  }
}

/** What to do about an error, with the command. */
export function Remedy({ error }: { readonly error: Error }) {
  if (!(error instanceof Failure)) {
    return (
      <p class="muted">
        Load the page again. If it comes back, report it with the text above.
      </p>
    );
  }
  if (error.kind === "signed_out") return <SignInAgain />;
  const cure = cureFor(error);
  return cure && (
    <>
      <p>{cure.todo}</p>
      {cure.commands.map((text) => <Command key={text} text={text} />)}
    </>
  );
}

function SignInAgain() {
  return config.mode === "process"
    ? (
      <p>
        Open the link that <code>{config.command}</code>{" "}
        printed. Each link works once. To get another, press Enter in that
        terminal.
      </p>
    )
    : (
      <button type="button" class="primary" onClick={() => void signOut()}>
        Sign in again
      </button>
    );
}

function cureFor({ kind, code, slug, status, message }: Failure): Cure | null {
  switch (kind) {
    case "key_refused":
      if (config.mode !== "process") return null;
      return config.local ? OTHER_KEY : newKey(config.command);
    case "unreachable":
      return config.local ? LOCAL_DOWN : hostedDown();
    case "function_down":
      return sentence(cureOf(`function answered ${status}`, config, slug));
    default:
      if (DATABASE_DIFFERS.test(message)) return databaseDiffers();
      return code === "not_configured"
        ? sentence(cureOf(code, config, slug))
        : null;
  }
}

const OTHER_KEY: Cure = {
  todo: "The functions have another key than the stack, from a line " +
    "JOBS_API_KEY in supabase/functions/.env. Delete the line, start the " +
    "stack again, and then this page:",
  commands: [`${otherKey()}\nnpm run dashboard`],
};

const LOCAL_DOWN: Cure = {
  todo: "See what runs, and start what does not:",
  commands: ["npm run status\nnpm start"],
};

const newKey = (command: StartCommand): Cure => ({
  todo: "The key that this process sends is not among the functions' job " +
    "keys. Start it with the key in Vault. If that one is refused as well, " +
    "give the functions and Vault a new one first:",
  commands: [
    "(umask 077; npx duewatch keys show job --linked > job-key)\n" +
    startWith(command, `--url ${config.project} --key-file job-key`),
    "npx duewatch keys rotate job --linked",
  ],
});

const hostedDown = (): Cure => ({
  todo: "See whether the functions are deployed and the project is running:",
  commands: [
    "npx supabase functions list\n" +
    "npx supabase functions deploy check-job-health job-logs job-control",
  ],
});

// A right, a function or a column that the functions count on is not there.
const DATABASE_DIFFERS = /\((42501|42883|42P01|42703|PGRST202)\)/;

const databaseDiffers = (): Cure => ({
  todo: "The database is not as the functions expect it: a migration is " +
    "missing, or something was changed by hand. This names what, and how to " +
    "put it right:",
  commands: [
    config.local
      ? "npm run duewatch -- doctor"
      : "npx duewatch doctor --linked",
  ],
});

function sentence(cure: Cure | null): Cure | null {
  return cure &&
    { ...cure, todo: cure.todo[0].toUpperCase() + cure.todo.slice(1) };
}
