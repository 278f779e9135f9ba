import { z } from "zod";
import { formatted } from "../process/formatted.ts";
import { openApiDocument } from "./document.ts";
import { referencePage } from "./page.ts";

/** The folder of the reference. */
export const REFERENCE = new URL("../../docs/reference/api/", import.meta.url);

const PACKAGE = new URL("../../package.json", import.meta.url);

/** @returns the files of the reference by name, formatted as they are kept. */
export async function referenceFiles(): Promise<Record<string, string>> {
  const { version } = z.object({ version: z.string() })
    .parse(JSON.parse(await Deno.readTextFile(PACKAGE)));
  return {
    "openapi.json": await formatted(
      "json",
      JSON.stringify(openApiDocument(version)),
    ),
    "README.md": await formatted("md", referencePage()),
  };
}
