// A service's error says what it has to say at once; a proxy's page may go on.
const MAX_BYTES = 4096;

/**
 * @returns the beginning of the answer's body, at most 4 kB; what could be read
 *   of it when the connection breaks or the time is up.
 */
export async function firstText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      bytes += chunk.byteLength;
      if (bytes >= MAX_BYTES) break;
    }
  } catch {
    // The status has said what matters; the words only explain it.
  }
  return text.slice(0, MAX_BYTES);
}
