import type { Credential } from "./operation.ts";

/** The credentials of whoever may read. */
export const READERS: readonly Credential[] = [
  "readKey",
  "readKeyAsBearer",
  "secretKey",
  "adminToken",
];
