import { createHash } from 'node:crypto';

/** A fault, the scan that must find it, and a pattern that the report must match. */
export interface Fault {
  readonly name: string;
  readonly scan: string;
  readonly finding: RegExp;
  /** Files to add. */
  readonly files: Readonly<Record<string, string>>;
}

const deployment = (name: string, security: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers: [{ name: ${name}, image: "registry.example/${name}:1", securityContext: ${security} }]
`;

const workflow = (step: string): string => `name: Planted
on: pull_request
permissions: {}
jobs:
  planted:
    runs-on: ubuntu-24.04
    steps:
      - ${step}
`;

const script = workflow(`run: echo "\${{ github.event.pull_request.title }}"`);

export const faults: readonly Fault[] = [
  {
    name: 'a gRPC call without deadline',
    scan: 'semgrep',
    finding: /planted-call\.ts[\s\S]*grpc-call-without-deadline/,
    files: {
      'service-b/src/planted-call.ts': `const client = new GreetingServiceClient(address, credentials);
client.greet({ name: 'Ada' }, (error, response) => console.log(error, response));
`,
    },
  },
  {
    name: 'a secret in a file',
    scan: 'gitleaks',
    finding: /github-pat[\s\S]*planted\.env/,
    files: { 'planted.env': `TOKEN=${token('in a file')}\n` },
  },
  { name: 'a secret in a file', scan: 'trivy-secrets', finding: /planted\.env/, files: {} },
  {
    name: 'a container that runs as root, from an image called latest',
    scan: 'hadolint',
    finding: /planted\/Dockerfile:1 DL3007[\s\S]*planted\/Dockerfile:2 DL3002/,
    files: { 'planted/Dockerfile': 'FROM docker.io/library/node:latest\nUSER root\n' },
  },
  {
    name: 'a privileged pod',
    scan: 'trivy-config',
    finding: /planted-privileged[\s\S]*KSV-?0017/,
    files: {
      'charts/my-app/templates/planted-privileged.yaml': deployment(
        'planted-privileged',
        '{ privileged: true }',
      ),
    },
  },
  { name: 'a privileged pod', scan: 'checkov', finding: /CKV_K8S_16[\s\S]*planted/, files: {} },
  { name: 'a privileged pod', scan: 'polaris', finding: /[Pp]rivileged/, files: {} },
  {
    name: 'an open NetworkPolicy',
    scan: 'polaris',
    finding: /allows traffic from anyone/,
    files: {
      'charts/my-app/templates/planted-policy.yaml': `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: planted }
spec: { podSelector: {}, policyTypes: [Ingress], ingress: [{}] }
`,
    },
  },
  {
    name: 'an action that is not pinned',
    scan: 'zizmor',
    finding: /unpinned-uses[\s\S]*planted-action\.yml/,
    files: { '.github/workflows/planted-action.yml': workflow('uses: actions/checkout@v7') },
  },
  {
    name: 'a script injection in a workflow',
    scan: 'zizmor',
    finding: /template-injection[\s\S]*planted-script\.yml/,
    files: { '.github/workflows/planted-script.yml': script },
  },
  {
    name: 'a script injection in a workflow',
    scan: 'actionlint',
    finding: /planted-script\.yml:8.*untrusted/,
    files: {},
  },
  {
    name: 'a suppression without a reason, and one without a date',
    scan: 'suppressions',
    finding: /planted-silence\.ts:1:.*has no reason[\s\S]*planted-silence\.ts:2:.*has no date/,
    files: {
      'service-a/src/planted-silence.ts':
        'export const a = 1; // nosemgrep (2026-11-23)\nexport const b = 1; // nosemgrep it is a constant, never user input\n',
    },
  },
];

/** A fake GitHub token, assembled at run time so that this file contains none. */
export function token(seed: string): string {
  return `ghp_${createHash('sha256').update(seed).digest('hex').slice(0, 36)}`;
}
