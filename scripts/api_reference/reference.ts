import packageJson from "../../package.json" with { type: "json" };
import { formatted } from "../process/formatted.ts";
import { openApiDocument } from "./document.ts";
import { referencePage } from "./page.ts";

/** The folder of the reference. */
export const REFERENCE = new URL("../../docs/reference/api/", import.meta.url);

/** @returns the files of the reference by name, formatted as they are kept. */
export async function referenceFiles(): Promise<Record<string, string>> {
  return {
    "openapi.json": await formatted(
      "json",
      JSON.stringify(openApiDocument(packageJson.version)),
    ),
    "README.md": await formatted("md", referencePage()),
  };
}
