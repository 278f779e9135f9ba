/** How much data the benchmarks work on, and how often they measure. */
export interface Scale {
  readonly agencies: number;
  readonly plans: number;
  /** Rows of the table of which `due` are due. */
  readonly installments: number;
  readonly due: number;
  /** Pending rows, none due: the smaller and the larger table. */
  readonly idleSmall: number;
  readonly idleLarge: number;
  /** Rows that are due, of which a single run has to work off all. */
  readonly backlog: number;
  readonly dispatches: number;
  /** Failures that are alerted, one after another. */
  readonly failures: number;
  /** Rows of the log that is read over HTTP. */
  readonly runs: number;
  /** Measured rounds of requests that read it. */
  readonly reads: number;
  /** Rows of one measured insert. */
  readonly inserts: number;
  /** Measured rounds; each contender runs once, or in one block, per round. */
  readonly rounds: number;
}

/** The targets are about `full`; `small` only shows that everything works. */
export const SCALES: Readonly<Record<"full" | "small", Scale>> = {
  full: {
    agencies: 1_000,
    plans: 100_000,
    installments: 1_000_000,
    due: 16_000,
    idleSmall: 1_000_000,
    idleLarge: 10_000_000,
    backlog: 1_000_000,
    dispatches: 50,
    failures: 200,
    runs: 1_000_000,
    reads: 30,
    inserts: 100_000,
    rounds: 9,
  },
  small: {
    agencies: 50,
    plans: 1_000,
    installments: 10_000,
    due: 160,
    idleSmall: 10_000,
    idleLarge: 100_000,
    backlog: 20_000,
    dispatches: 5,
    failures: 10,
    runs: 10_000,
    reads: 3,
    inserts: 1_000,
    rounds: 3,
  },
};
