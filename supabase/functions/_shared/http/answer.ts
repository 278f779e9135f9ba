/**
 * Makes a response. Those who share an answer need one each, because a body can
 * be read only once.
 */
export type Answer = () => Response;

/** @returns an answer with this text; status 200. */
export function textAnswer(text: string, contentType: string): Answer {
  return () => new Response(text, { headers: { "Content-Type": contentType } });
}

/** @returns an answer with this value in JSON; status 200. */
export function jsonAnswer(value: unknown): Answer {
  return textAnswer(JSON.stringify(value), "application/json");
}
