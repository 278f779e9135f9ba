/**
 * Makes a response. Those who share an answer need one each, because a body can
 * be read only once.
 */
export type Answer = () => Response;

/** @returns an answer with this text. */
export function textAnswer(
  text: string,
  contentType: string,
  status = 200,
): Answer {
  return () =>
    new Response(text, { status, headers: { "Content-Type": contentType } });
}

/** @returns an answer with this value in JSON. */
export function jsonAnswer(value: unknown, status = 200): Answer {
  return textAnswer(JSON.stringify(value), "application/json", status);
}
