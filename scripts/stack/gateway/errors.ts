/** An error answer in the shape that Supabase's own gateway uses. */
export function gatewayError(
  status: number,
  code: string,
  message: string,
): Response {
  return Response.json({ code, message }, { status });
}
