import type { Config } from "../../page_config.ts";

/** What a person has to do where no button does it. */
export interface Cure {
  readonly todo: string;
  /** Commands to copy, as they are to be run. */
  readonly commands: readonly string[];
}

type Project = Pick<Config, "local" | "project">;

interface Known {
  readonly message: RegExp;
  readonly cure: (
    project: Project,
    jobName: string,
    found: RegExpMatchArray,
  ) => Cure | null;
}

const RESTART = "npm run stop\nnpm start";

const KEY = ({ local }: Project): Cure =>
  local
    ? {
      todo: "write the stack's own key to Vault again, then run the job. " +
        "If it is still refused, supabase/functions/.env has a line " +
        "JOBS_API_KEY: delete it.",
      commands: ["npm start", otherKey()],
    }
    : {
      todo: "give the functions and Vault the same new key, then run the job.",
      commands: ["npx duewatch keys rotate job --linked"],
    };

const ADDRESS = ({ local, project }: Project): Cure =>
  local
    ? {
      todo: "write the stack's own address to Vault again, then run the job.",
      commands: ["npm start"],
    }
    : {
      todo: "write the address of this project to Vault, then run the job.",
      commands: [addressSql(project)],
    };

// In the order in which they are tried.
const KNOWN: readonly Known[] = [
  {
    message: /function answered 40[13]|not_configured|no JOBS_API_KEY/,
    cure: KEY,
  },
  { message: /setting functions_url|functions_url is/, cure: ADDRESS },
  { message: /setting jobs_api_key/, cure: KEY },
  {
    message: /Vault cannot be read/,
    // A new key alone would leave the address unreadable: its runbook has both.
    cure: (project) => project.local ? ADDRESS(project) : null,
  },
  {
    message: /function answered 404/,
    cure: (project, jobName) =>
      project.local ? ADDRESS(project) : {
        todo: "deploy the function. If it is deployed, Vault has the address " +
          "of another project: write this one's. Then run the job.",
        commands: [deploy(jobName), addressSql(project.project)],
      },
  },
  { message: /could not be called/, cure: ADDRESS },
  {
    message: /function answered 5\d\d/,
    cure: ({ local }, jobName) => ({
      todo:
        "look into the function's log: it names the variable or the line. " +
        `Correct it and ${local ? "start the stack" : "deploy it"} again.`,
      commands: local
        ? ["tail -20 .stack/logs/functions.log", RESTART]
        : [deploy(jobName)],
    }),
  },
  {
    message: /^No alert channel is set up/,
    cure: (project) =>
      newSecret(
        project,
        "SLACK_WEBHOOK_URL",
        "make a webhook for a Slack channel at api.slack.com/apps",
      ),
  },
  {
    message: /Slack answered (40[134]|410)/,
    cure: (project) =>
      newSecret(
        project,
        "SLACK_WEBHOOK_URL",
        "the webhook was revoked or its Slack channel is gone. Make a new one at api.slack.com/apps",
        "send the alerts again",
      ),
  },
  {
    message: /Resend answered (401|403)(?!.*domain)/,
    cure: (project) =>
      newSecret(
        project,
        "RESEND_API_KEY",
        "Resend refuses the key. Make a new one at resend.com",
        "send the alerts again",
      ),
  },
  {
    message: /^The pg_cron process is not running/,
    cure: ({ local, project }) => ({
      todo: local
        ? "restart the database."
        : `restart the database: ${
          project.replace(
            /^https:\/\/(\w+)\.supabase\.co$/,
            "https://supabase.com/dashboard/project/$1/settings/general",
          )
        }, Restart project.`,
      commands: local ? [RESTART] : [],
    }),
  },
  {
    message:
      /\b(SLACK_WEBHOOK_URL|RESEND_API_KEY|ALERT_EMAIL_(FROM|TO)|WEBHOOK_(URL|SECRET)|(DASHBOARD|RUNBOOK)_URL|ALERT_TIMEZONE)\b/,
    cure: (project, _, [name]) => newSecret(project, name, `set ${name}`),
  },
];

/**
 * @param message of a health reason, or of a run that failed.
 * @returns what to do about it; null when only its runbook says.
 */
export function cureOf(
  message: string,
  project: Project,
  jobName: string | null,
): Cure | null {
  for (const known of KNOWN) {
    const found = message.match(known.message);
    if (found === null) continue;
    return known.cure(project, jobName ?? "check-job-health", found);
  }
  return null;
}

/** @returns what gives the local functions the key of the stack again. */
export function otherKey(): string {
  return `sed -i.bak '/^JOBS_API_KEY=/d' supabase/functions/.env\n${RESTART}`;
}

function deploy(slug: string): string {
  return `npx supabase functions deploy ${slug}`;
}

function addressSql(project: string): string {
  return "delete from vault.secrets where name = 'functions_url';\n" +
    `select vault.create_secret('${project}/functions/v1', 'functions_url');`;
}

// The new value is typed in, so that it is in no history and no command line.
function newSecret(
  { local }: Project,
  name: string,
  why: string,
  then = "test the alerts",
): Cure {
  const file = local ? "supabase/functions/.env" : "alerts.env";
  const write = `read -rs VALUE\n` +
    (local ? `sed -i.bak '/^${name}=/d' ${file}\n` : "") +
    `(umask 077; echo "${name}=$VALUE" >> ${file})\n`;
  return {
    todo: `${why}. Run this, paste it and press Enter. Then ${then}.`,
    commands: [
      write +
      (local
        ? RESTART
        : `npx supabase secrets set --env-file ${file}\nrm ${file}`),
    ],
  };
}
