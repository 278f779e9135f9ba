import { z } from "zod";
import type { ProjectDatabase } from "../preflight/project_database.ts";
import type { Session } from "../session.ts";
import type { HostedProject } from "./project.ts";
import { runCli } from "./supabase_cli.ts";

const rows = z.array(z.record(z.string(), z.unknown()));
const answer = z.union([
  rows,
  z.looseObject({ rows }).transform(({ rows }) => rows),
]);

/** The database of a hosted project, asked through the Management API. */
export function hostedDatabase(
  session: Session,
  project: HostedProject,
): ProjectDatabase {
  session.progress(`Asking the project ${project.ref}…`);
  const query = async (statement: string) => {
    const file = await Deno.makeTempFile({ suffix: ".sql" });
    try {
      await Deno.writeTextFile(file, statement);
      return await runCli(
        session,
        project,
        `ask the database of the project ${project.ref}`,
        [
          "db",
          "query",
          `--remote=${project.ref}`,
          "--output=json",
          `--file=${file}`,
        ],
      );
    } finally {
      await Deno.remove(file);
    }
  };
  return {
    name: `the project ${project.ref}`,
    sql: null,
    async change(statement) {
      await query(statement);
    },
    async read(statement) {
      // With --read-only the Management API asks as a role that may not call
      // the functions of Duewatch. The rows of the last statement come back.
      const output = await query(
        `set local transaction_read_only = on;\n${statement}`,
      );
      const [row] = answer.parse(JSON.parse(output));
      return Object.values(row)[0];
    },
  };
}
