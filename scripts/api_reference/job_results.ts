import { z } from "zod";
import {
  itemFields,
  jobResult,
} from "../../supabase/functions/_shared/jobs/run-outcome.ts";
import { agencyFields } from "../../supabase/functions/update-installment-statuses/agencies.ts";

/** What a run of any job did, failed or not. */
export const anyJobResult = jobResult(itemFields);
export const updateResult = jobResult(agencyFields);

/** What a run did that succeeded. */
export const anyJobSuccess = succeeded(anyJobResult);
export const updateSuccess = succeeded(updateResult);

function succeeded<Shape extends z.ZodRawShape>(result: z.ZodObject<Shape>) {
  return z.object({ success: z.literal(true), ...result.shape });
}
