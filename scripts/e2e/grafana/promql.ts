import { parser } from "@prometheus-io/lezer-promql";

/** The names in an expression of Prometheus. */
export interface Mentions {
  readonly metrics: readonly string[];
  /** The labels that it selects or groups by. */
  readonly labels: readonly string[];
}

/**
 * Reads an expression with the grammar of Prometheus.
 *
 * @throws when it is not one.
 */
export function mentionsOf(expression: string): Mentions {
  const metrics = new Set<string>();
  const labels = new Set<string>();
  parser.parse(expression).iterate({
    enter({ type, node, from, to }) {
      const text = expression.slice(from, to);
      if (type.isError) {
        throw new SyntaxError(`This is no PromQL, at ${from}: ${expression}`);
      }
      if (
        type.name === "Identifier" && node.parent?.name === "VectorSelector"
      ) {
        metrics.add(text);
      }
      if (type.name === "LabelName") labels.add(text);
    },
  });
  return { metrics: [...metrics], labels: [...labels] };
}
