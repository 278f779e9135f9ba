import {
  Counter,
  Gauge,
  type OpenMetricsContentType,
  type PrometheusContentType,
  Registry,
} from "prom-client";
import type { Counters } from "./counters.ts";
import { METRICS } from "./prometheus-metrics.ts";

/** A text, and its format. */
export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

const CONTENT_TYPES = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

/** Writes the counters in one of the formats that Prometheus reads. */
export async function expose(
  counters: Counters,
  format: keyof typeof CONTENT_TYPES,
): Promise<Exposition> {
  // A registry of this answer's own: the database counts, not this process.
  const registry = new Registry<
    PrometheusContentType | OpenMetricsContentType
  >();
  registry.setContentType(CONTENT_TYPES[format]);

  for (const { name, help, type, labels, series } of METRICS) {
    const options = {
      name,
      help,
      labelNames: [...labels],
      registers: [registry],
    };
    const metric = type === "counter"
      ? new Counter(options)
      : new Gauge(options);
    for (const { value, ...point } of series(counters)) {
      metric.inc(point.labels, value);
    }
  }
  return { contentType: registry.contentType, text: await registry.metrics() };
}
