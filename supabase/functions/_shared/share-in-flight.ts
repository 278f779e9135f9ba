/** Asks, or waits for the answer to the same question that is under way. */
export type Share<Answer> = (
  question: string,
  ask: () => Promise<Answer>,
) => Promise<Answer>;

/**
 * Callers who ask the same question while it is being answered share one
 * answer: the twenty panels of a dashboard ask at once. No answer is kept, so
 * none is older than the time it took to find.
 *
 * @returns a function that takes the question, as a text that is the same for
 *   the same question, and how to ask it. Everyone who shares an answer
 *   must be allowed to see it.
 */
export function shareInFlight<Answer>(): Share<Answer> {
  const underWay = new Map<string, Promise<Answer>>();

  return (question, ask) => {
    const shared = underWay.get(question);
    if (shared !== undefined) return shared;

    const answer = ask().finally(() => underWay.delete(question));
    underWay.set(question, answer);
    return answer;
  };
}
