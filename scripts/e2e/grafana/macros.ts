/** The selected time range and variables of a dashboard. */
export interface Choice {
  readonly from: Date;
  readonly to: Date;
  readonly jobName: string;
}

const SECONDS = { m: 60, h: 3600, d: 86_400 } as const;

const MACRO = /\$__(\w+)\(((?:[^()]|\([^()]*\))*)\)/g;

/**
 * Writes a query as Grafana's PostgreSQL source sends it to the database, its
 * macros and variables expanded.
 *
 * @throws when it contains an unknown macro or variable.
 */
export function expandSql(query: string, choice: Choice): string {
  const from = literal(choice.from.toISOString());
  const to = literal(choice.to.toISOString());
  const expanded = query
    .replaceAll("${job_name:sqlstring}", () => literal(choice.jobName))
    .replace(MACRO, (whole, name: string, given: string) => {
      const args = given.split(",").map((arg) => arg.trim());
      switch (name) {
        case "timeFilter":
          return `${args[0]} BETWEEN ${from} AND ${to}`;
        case "timeFrom":
          return from;
        case "timeTo":
          return to;
        case "timeGroup":
          return timeGroup(args[0], args[1]);
        default:
          throw new Error(`The macro ${whole} is unknown.`);
      }
    });
  return withoutVariables(expanded);
}

/** Writes a text in which variables stand, such as a parameter of a request. */
export function expandText(text: string, choice: Choice): string {
  return withoutVariables(
    text
      .replaceAll("${__from:date:iso}", choice.from.toISOString())
      .replaceAll("${__to:date:iso}", choice.to.toISOString())
      .replaceAll("${job_name}", () => choice.jobName)
      .replaceAll("$job_name", () => choice.jobName),
  );
}

function timeGroup(column: string, interval: string): string {
  const [, count, unit] = /^'(\d+)([mhd])'$/.exec(interval) ?? [];
  if (unit !== "m" && unit !== "h" && unit !== "d") {
    throw new Error(`${interval} is no interval of time.`);
  }
  const seconds = Number(count) * SECONDS[unit];
  return `floor(extract(epoch from ${column})/${seconds})*${seconds}`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function withoutVariables(text: string): string {
  const [unknown] = /\$[{\w]\S*/.exec(text) ?? [];
  if (unknown === undefined) return text;
  throw new Error(`The variable ${unknown} is unknown.`);
}
