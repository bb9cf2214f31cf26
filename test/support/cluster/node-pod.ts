import { nodeImage } from './environment.ts';

interface NodePodOptions {
  /** Ends the pod even if the test that started it crashed. */
  activeDeadlineSeconds?: number;
  readinessProbe?: object;
  volumeMounts?: object[];
  volumes?: object[];
}

/** A pod that runs Node.js from one of our images and meets the restricted Pod Security Standard. */
export function nodePod(name: string, args: string[], options: NodePodOptions = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'my-app' },
    },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: options.activeDeadlineSeconds ?? 600,
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'node',
          image: nodeImage(),
          command: ['/nodejs/bin/node', ...args],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          resources: {
            requests: { cpu: '50m', memory: '64Mi' },
            limits: { memory: '256Mi' },
          },
          readinessProbe: options.readinessProbe,
          volumeMounts: options.volumeMounts ?? [],
        },
      ],
      volumes: options.volumes ?? [],
    },
  };
}
