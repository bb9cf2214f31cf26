/** Helm values. */
export type Values = { [key: string]: unknown };

/** Sets the rollout strategy of every service. */
export const strategy = (name: 'none' | 'canary') => ({
  global: { defaults: { rollout: { strategy: name } } },
});

/** Lays values over others, as Helm does: maps are merged, everything else is replaced. */
export function merge(below: Values, above: Values): Values {
  const isMap = (value: unknown): value is Values =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const merged = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const other = merged[key];
    merged[key] = isMap(value) && isMap(other) ? merge(other, value) : value;
  }
  return merged;
}
