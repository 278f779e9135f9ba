import { askOracle } from "./oracle.ts";

/** An installment as it was inserted. */
export interface OracleInstallment {
  readonly id: string;
  readonly student: string | null;
  readonly course: string | null;
  readonly currency: string;
  /** In hundredths of the currency. */
  readonly cents: bigint;
  /** `YYYY-MM-DD` */
  readonly due: string;
  readonly planStatus: "draft" | "active" | "completed" | "cancelled";
  readonly status: "draft" | "pending" | "overdue" | "paid" | "partial";
}

/** An agency as it was inserted. */
export interface OracleAgency {
  readonly name: string;
  readonly timezone: string;
  /** `HH:MM:SS` */
  readonly cutoff: string;
  readonly installments: readonly OracleInstallment[];
}

/** What a digest has to say, in the words of its plain text. */
export interface ExpectedDigest {
  /** How many there are, and when that was. */
  readonly head: readonly string[];
  /** A line for each currency, sorted, its columns two blanks apart. */
  readonly totals: readonly string[];
  /** The oldest, and then the ten largest of each currency, two lines each. */
  readonly installments: readonly (readonly [string, string])[];
  /** How many there are beyond those. */
  readonly more: number;
}

const DAY_MS = 86_400_000;

// What the runtime says of a currency is not asked here.
const DECIMALS: Readonly<Record<string, number>> = { JPY: 0 };

/**
 * Works out what the digest of an agency has to say, apart from the code that
 * makes it: time zones from this runtime, the rule from the Python oracle, sums
 * in whole cents.
 *
 * @param at the instant at which it is judged: ISO 8601.
 * @returns null when nothing is overdue.
 */
export async function expectedDigest(
  agency: OracleAgency,
  at: string,
): Promise<ExpectedDigest | null> {
  const overdue = await overdueOf(agency, at);
  if (overdue.length === 0) return null;

  const local = localOf(agency.timezone, at);
  const groups = Object.entries(
    Object.groupBy(overdue, ({ currency }) => currency),
  ).map(([currency, group = []]) => ({ currency, group }))
    .toSorted((one, other) =>
      other.group.length - one.group.length ||
      compare(one.currency, other.currency)
    );
  const largest = groups.flatMap(({ group }) =>
    group.toSorted((one, other) =>
      compare(other.cents, one.cents) || compare(one.due, other.due) ||
      compare(one.id, other.id)
    ).slice(0, 10)
  );
  const [oldest] = overdue.toSorted((one, other) =>
    compare(one.due, other.due) || compare(other.cents, one.cents) ||
    compare(one.id, other.id)
  );
  return {
    head: [
      `${overdue.length} overdue installment${overdue.length === 1 ? "" : "s"}`,
      `At ${local.time} on ${local.weekday}, ${written(local.date)} ` +
      `(${agency.timezone}), `,
    ],
    totals: totalsOf(overdue),
    installments: [oldest, ...largest].map((each) =>
      installmentLines(each, local.date)
    ),
    more: overdue.length - largest.length,
  };
}

async function overdueOf(
  { timezone, cutoff, installments }: OracleAgency,
  at: string,
): Promise<OracleInstallment[]> {
  const verdicts = await askOracle(
    installments.map(({ id, due, planStatus, status }) => ({
      id,
      timezone,
      cutoff,
      due,
      at,
      planStatus,
      installmentStatus: status,
    })),
  );
  return installments.filter(({ id, status }) =>
    status === "overdue" || verdicts.get(id)
  );
}

function totalsOf(overdue: readonly OracleInstallment[]): string[] {
  return Object.entries(Object.groupBy(overdue, ({ currency }) => currency))
    .map(([currency, group = []]) => {
      const sum = group.reduce((total, { cents }) => total + cents, 0n);
      const noun = group.length === 1 ? "installment" : "installments";
      return `${currency}  ${
        figures(sum, currency)
      }  (${group.length} ${noun})`;
    }).sort();
}

function installmentLines(
  { student, course, currency, cents, due, id }: OracleInstallment,
  today: string,
): [string, string] {
  const days = (Date.parse(today) - Date.parse(due)) / DAY_MS;
  const who = [student ?? `Installment ${id}`, course]
    .filter((part) => part !== null).join(", ");
  return [
    `- ${currency} ${figures(cents, currency)}: ${who}`,
    days < 0
      ? `  due date moved to ${written(due)}, still marked overdue`
      : days === 0
      ? `  due today, ${written(due)}`
      : `  due ${written(due)}, ${days} day${days === 1 ? "" : "s"} overdue`,
  ];
}

function figures(cents: bigint, currency: string): string {
  const digits = String(cents).padStart(3, "0");
  const whole = digits.slice(0, -2);
  const grouped = whole.split("").reverse().join("")
    .match(/.{1,3}/g)?.join(",").split("").reverse().join("") ?? "";
  return DECIMALS[currency] === 0 ? grouped : `${grouped}.${digits.slice(-2)}`;
}

/** The date, the weekday and the time that a zone's clock shows. */
export function localOf(timezone: string, at: string) {
  const parts = new Map(
    new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      weekday: "long",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    }).formatToParts(Date.parse(at)).map(({ type, value }) => [type, value]),
  );
  return {
    date: `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`,
    weekday: parts.get("weekday") ?? "",
    time: `${parts.get("hour")}:${parts.get("minute")}`,
  };
}

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

function written(date: string): string {
  const [year, month, day] = date.split("-").map(Number);
  return `${day} ${MONTHS[month - 1]} ${year}`;
}

function compare<T extends string | bigint>(one: T, other: T): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
