/** One value that Prometheus reads. */
export interface Sample {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the text format of Prometheus, comments aside. */
export function samplesIn(text: string): Sample[] {
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, metric, labels = "", value] =
        /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (metric === undefined) throw new Error(`This is no sample: ${line}`);
      return { metric, labels: labelsIn(labels), value: Number(value) };
    });
}

/**
 * Finds the one value of a metric with these labels.
 *
 * @returns undefined when there is none.
 */
export function valueOf(
  samples: readonly Sample[],
  metric: string,
  labels: Readonly<Record<string, string>>,
): number | undefined {
  const found = samples.filter((sample) =>
    sample.metric === metric &&
    Object.entries(labels).every(([name, value]) =>
      sample.labels[name] === value
    )
  );
  if (found.length > 1) throw new Error(`${metric} has several such values.`);
  return found[0]?.value;
}

function labelsIn(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name] = value.replace(
      /\\(.)/g,
      (_, escaped) => escaped === "n" ? "\n" : escaped,
    );
  }
  return labels;
}
