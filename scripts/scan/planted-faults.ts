import { createHash } from 'node:crypto';

/** A mistake, the scan that has to see it, and how the scan names it. */
export interface Fault {
  readonly name: string;
  readonly scan: string;
  readonly finding: RegExp;
  /** Files to write, or to add to where they are there. */
  readonly files: Readonly<Record<string, string>>;
}

const deployment = (name: string, security: string): string => `---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers:
        - name: ${name}
          image: registry.example/${name}:1
          securityContext: ${security}
`;

const workflow = (name: string, step: string): string => `name: ${name}
on: pull_request
permissions: {}
jobs:
  planted:
    runs-on: ubuntu-24.04
    steps:
      - ${step}
`;

export const faults: readonly Fault[] = [
  {
    name: 'eval of input',
    scan: 'semgrep',
    finding: /service-a\/src\/planted-eval\.ts:2 .*eval-of-text/,
    files: {
      'service-a/src/planted-eval.ts': `export function answer(query: string): unknown {
  return eval(query);
}
`,
    },
  },
  {
    name: 'a gRPC call without deadline',
    scan: 'semgrep',
    finding: /service-b\/src\/planted-call\.ts:4 .*grpc-call-without-deadline/,
    files: {
      'service-b/src/planted-call.ts': `import { GreetingServiceClient } from '@my-app/proto/greeting/v1/greeting';
export function ask(address: string, credentials: ChannelCredentials): void {
  const client = new GreetingServiceClient(address, credentials);
  client.greet({ name: 'Ada' }, (error, response) => console.log(error, response));
}
`,
    },
  },
  {
    name: 'a variable read outside the configuration',
    scan: 'semgrep',
    finding: /service-a\/src\/planted-variable\.ts:1 .*environment-outside-config/,
    files: { 'service-a/src/planted-variable.ts': 'export const port = process.env.PORT;\n' },
  },
  {
    name: 'a container that runs as root',
    scan: 'hadolint',
    finding: /service-b\/Dockerfile:\d+ .*DL3002/,
    files: { 'service-b/Dockerfile': '\nFROM gcr.io/distroless/static:nonroot\nUSER root\n' },
  },
  {
    name: 'a base image called latest',
    scan: 'hadolint',
    finding: /service-a\/Dockerfile:\d+ .*DL3007/,
    files: { 'service-a/Dockerfile': '\nFROM docker.io/library/node:latest\nUSER 65532:65532\n' },
  },
  {
    name: 'a pod that may run as root',
    scan: 'polaris',
    finding: /Deployment planted-root planted-root .*runAsRootAllowed/,
    files: { 'charts/my-app/templates/planted-root.yaml': deployment('planted-root', '{}') },
  },
  {
    name: 'a privileged pod',
    scan: 'polaris',
    finding: /Deployment planted-privileged planted-privileged .*runAsPrivileged/,
    files: {
      'charts/my-app/templates/planted-privileged.yaml': deployment(
        'planted-privileged',
        '{ privileged: true }',
      ),
    },
  },
  {
    name: 'a privileged pod, again',
    scan: 'trivy-config',
    finding: /planted-privileged\.yaml:\d+ .*KSV017/,
    files: {},
  },
  {
    name: 'an open NetworkPolicy',
    scan: 'polaris',
    finding: /NetworkPolicy planted .*openNetworkPolicy/,
    files: {
      'charts/my-app/templates/planted-policy.yaml': `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: planted }
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress: [{}]
`,
    },
  },
  {
    name: 'a misspelt field in the chart',
    scan: 'kubeconform',
    finding: /planted-typo\.yaml .*ConfigMap planted.*dta/,
    files: {
      'charts/my-app/templates/planted-typo.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: planted }\ndta: { a: b }\n',
    },
  },
  {
    name: 'an action that is not pinned',
    scan: 'zizmor',
    finding: /planted-action\.yml:\d+ .*unpinned-uses/,
    files: {
      '.github/workflows/planted-action.yml': workflow('Action', 'uses: actions/checkout@v7'),
    },
  },
  {
    name: 'a script injection in a workflow',
    scan: 'zizmor',
    finding: /planted-script\.yml:\d+ .*template-injection/,
    files: {
      '.github/workflows/planted-script.yml': workflow(
        'Script',
        `run: echo "\${{ github.event.pull_request.title }}"`,
      ),
    },
  },
  {
    name: 'a script injection in a workflow, again',
    scan: 'actionlint',
    finding: /planted-script\.yml:\d+ .*untrusted/,
    files: {},
  },
  {
    name: 'a secret in a file',
    scan: 'gitleaks-tree',
    finding: /planted\.env:1 .*github-pat/,
    files: { 'planted.env': `TOKEN=${token('in a file')}\n` },
  },
  {
    name: 'a suppression without a reason',
    scan: 'suppressions',
    finding: /planted-silence\.ts:1 .*has no reason/,
    files: { 'service-a/src/planted-silence.ts': 'export const a = 1; // nosemgrep\n' },
  },
];

/** Looks like a GitHub token; put together here, so that this file holds none. */
export function token(seed: string): string {
  return `ghp_${createHash('sha256').update(seed).digest('hex').slice(0, 36)}`;
}
