/** How the page reaches the functions. It is written into the page. */
export type Config =
  /** A process on this machine keeps the key. */
  | {
    readonly mode: "process";
    /** The address of the project, to be shown. */
    readonly project: string;
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
