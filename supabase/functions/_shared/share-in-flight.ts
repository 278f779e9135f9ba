/** Asks, or waits for the answer to the same question that is under way. */
export type Share<Answer> = (
  question: string,
  ask: () => Promise<Answer>,
) => Promise<Answer>;

/**
 * Lets everybody who asks the same while it is being answered have that one
 * answer: the twenty panels of a dashboard ask at once. Nothing is kept once it
 * is there, so an answer is never older than it took to find.
 *
 * @returns a function that takes the question, as a text that is the same for
 *   the same question, and how to ask it. Whoever shares an answer must be
 *   allowed to see it.
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
