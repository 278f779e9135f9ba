import type { Credential } from "./operation.ts";

/** The credentials that may read. */
export const READERS: readonly Credential[] = [
  "readKey",
  "readKeyAsBearer",
  "secretKey",
  "adminToken",
];
