import type { Histogram } from 'prom-client';

/** The series of a histogram that have counted something: their labels, and how often. */
export async function countsOf<Label extends string>(histogram: Pick<Histogram<Label>, 'get'>) {
  const { values } = await histogram.get();
  return values
    .filter(({ metricName, value }) => metricName?.endsWith('_count') && value > 0)
    .map(({ labels, value }) => ({ labels, value }));
}

/** The value of a gauge or counter without labels, or of its first series. */
export async function sampleOf(metric: { get(): Promise<{ values: { value: number }[] }> }) {
  return (await metric.get()).values[0]?.value;
}
