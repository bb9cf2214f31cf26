import { run } from '@my-app/test-support/cluster/command';
import { nodePod } from '@my-app/test-support/cluster/node-pod';

/** Responds to GitHub's `GET /repos/OWNER/REPO/pulls` with the body of the last PUT. */
const server = `
  import { createServer } from 'node:http';
  import { text } from 'node:stream/consumers';
  let pulls = '[]';
  createServer(async (request, response) => {
    if (request.method === 'PUT') pulls = await text(request);
    response.setHeader('content-type', 'application/json').end(pulls);
  }).listen(8080, '::');
`;

const kubectl = (args: string[], input?: string) =>
  run('kubectl', ['--namespace', 'git', ...args], input === undefined ? {} : { input });

/** Starts a fake of GitHub's API at http://github.git, and creates a token for Argo CD, which the fake does not check. */
export async function startGitHub(): Promise<void> {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'github' },
    spec: {
      selector: { 'app.kubernetes.io/name': 'github' },
      ports: [{ port: 80, targetPort: 8080 }],
    },
  };
  const pod = nodePod('github', ['--input-type=module', '--eval', server], {
    readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 },
  });
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'my-app-github', namespace: 'argocd' },
    stringData: { token: 'of the test' },
  };
  for (const object of [service, pod]) await kubectl(['apply', '-f', '-'], JSON.stringify(object));
  await run('kubectl', ['apply', '-f', '-'], { input: JSON.stringify(secret) });
  await kubectl(['wait', 'pod/github', '--for=condition=Ready', '--timeout=60s']);
}

export async function stopGitHub(): Promise<void> {
  await kubectl(['delete', 'pod/github', 'service/github', '--now', '--ignore-not-found']);
  await run('kubectl', [
    ...['--namespace', 'argocd', 'delete', 'secret', 'my-app-github', '--ignore-not-found'],
  ]);
}

/** Sets the open pull requests, by number and commit, each with the label `preview`. */
export async function openPullRequests(commits: Record<number, string>): Promise<void> {
  const pulls = Object.entries(commits).map(([number, sha]) => ({
    number: Number(number),
    title: `Pull request ${number}`,
    user: { login: 'someone' },
    labels: [{ name: 'preview' }],
    head: { ref: `pull-${number}`, sha },
    base: { ref: 'main' },
  }));
  const put = `fetch('http://127.0.0.1:8080',{method:'PUT',body:process.argv[1]})`;
  await kubectl(['exec', 'github', '--', '/nodejs/bin/node', '--eval', put, JSON.stringify(pulls)]);
}
