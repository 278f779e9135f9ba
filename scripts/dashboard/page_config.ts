/** How the dashboard is started: in a checkout, or from the package. */
export type StartCommand = "npm run dashboard" | "npx duewatch dashboard";

/** @returns the command with options: npm passes on what is behind `--`. */
export function startWith(command: StartCommand, options: string): string {
  return `${command}${command.startsWith("npm run") ? " --" : ""} ${options}`;
}

/** How the page reaches the functions. It is written into the page. */
export type Config =
  /** A process on this machine keeps the key. */
  | {
    readonly mode: "process";
    /** The address of the project, to be shown. */
    readonly project: string;
    /** How the process was started, to be shown. */
    readonly command: StartCommand;
    /** Whether the process may read agencies and installments. */
    readonly data: boolean;
    /** Whether the project is the local stack, for the commands that help. */
    readonly local: boolean;
  }
  /** A static host; people sign in. */
  | {
    readonly mode: "sign-in";
    readonly project: string;
    readonly publishableKey: string;
    readonly local: boolean;
  };
