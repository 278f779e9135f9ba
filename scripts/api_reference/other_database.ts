import { z } from "zod";
import { errorAnswer } from "./errors.ts";

/** The header by which a database says which one it is. */
export const databaseHeader = z.string().optional().describe(
  "Sent by the database only: the fingerprint of the one that calls.",
);

/** @returns the answer to a copy. @param effect what has not happened. */
export const otherDatabase = (effect: string) =>
  errorAnswer({
    status: 421,
    when: `Another database called, such as a copy of this one. ${effect}`,
    codes: {
      other_database:
        "X-Database is not the fingerprint of the function's database.",
    },
    message: "This request comes from another database than the one that " +
      "this function works on, such as a copy. Nothing was done.",
  });
