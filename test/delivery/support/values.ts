import { nodeImage } from '@my-app/test-support/cluster/environment';

/** Helm values. */
export type Values = { [key: string]: unknown };

/** Sets the rollout strategy of every service. */
export const strategy = (name: 'none' | 'canary') => ({
  global: { defaults: { rollout: { strategy: name } } },
});

/** For a small and busy machine, with frequent scrapes and short steps, so that a canary takes a minute. */
export function smallValues(): Values {
  const scraped = { podMonitor: { enabled: true, interval: '5s' } };
  const resources = { requests: { cpu: '50m', memory: '64Mi' } };
  const rollout = {
    steps: [
      { setWeight: 25 },
      { pause: { duration: '40s' } },
      { setWeight: 50 },
      { pause: { duration: '15s' } },
    ],
    scaleDownDelaySeconds: 60,
    analysis: { interval: '5s', window: '20s', latencySeconds: 0.25 },
  };
  // Starting pods are busy enough for an autoscaler to add more than the machine holds.
  const service = { ...scraped, resources, rollout, autoscaling: { maxReplicas: 4 } };
  const load = { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'e2e-load' } } };
  return {
    global: { image: { registry: nodeImage().replace(/\/[^/]+$/, '') } },
    'service-a': {
      ...service,
      networkPolicy: { ingress: { http: ['service-b'], grpc: ['service-b', load] } },
    },
    'service-b': {
      ...service,
      // As in test/cluster/values.yaml: the tests check that requests succeed, not how fast.
      config: { SERVICE_A_DEADLINE_MS: 8000, SERVICE_A_ATTEMPT_TIMEOUT_MS: 4000 },
    },
  };
}
