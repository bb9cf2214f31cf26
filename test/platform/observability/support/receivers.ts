import { namespace } from '@my-app/test-support/cluster/environment';
import { apply, kubectl, node } from '@my-app/test-support/cluster/kubectl';
import { nodePod } from '@my-app/test-support/cluster/node-pod';

/** What Slack, PagerDuty or the dead man's switch was sent. */
export interface Message {
  to: 'slack' | 'pagerduty' | 'dead-mans-switch';
  body: Record<string, unknown>;
}

/** Stands in for Slack's incoming webhooks and for PagerDuty's Events API v2: refuses what they would refuse. */
const server = `
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
const messages = [];
createServer(async (request, response) => {
  if (request.method === 'GET') return response.end(JSON.stringify(messages));
  const body = await json(request);
  if (request.url === '/services/T0/B0/secret') {
    const ok = body.channel && body.attachments?.every(({ title, text }) => title && text);
    if (ok) messages.push({ to: 'slack', body });
    response.writeHead(ok ? 200 : 400, { 'content-type': 'text/plain' }).end(ok ? 'ok' : 'invalid_payload');
  } else if (request.url === '/v2/enqueue') {
    const { routing_key, event_action, dedup_key, payload } = body;
    const ok = routing_key === 'key-of-the-test' && dedup_key && ['trigger', 'resolve'].includes(event_action) &&
      (event_action === 'resolve' || (payload?.summary && payload.source && payload.severity));
    if (ok) messages.push({ to: 'pagerduty', body });
    response.writeHead(ok ? 202 : 400, { 'content-type': 'application/json' })
      .end(JSON.stringify({ status: ok ? 'success' : 'invalid event', message: '', dedup_key }));
  } else if (request.url === '/ping') {
    messages.push({ to: 'dead-mans-switch', body });
    response.end();
  } else response.writeHead(404).end();
}).listen(8080, '::');
`;

export const receiversUrl = `http://receivers.${namespace}:8080`;

/** Starts the stand-ins, and the secret that the alerts' routes read. */
export async function startReceivers(): Promise<void> {
  const args = ['--input-type=module', '--eval', server];
  const readinessProbe = { httpGet: { port: 8080 }, periodSeconds: 1 };
  const url = `${receiversUrl}/services/T0/B0/secret`;
  await apply(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'alerting' },
      stringData: {
        'slack-url': url,
        'pagerduty-key': 'key-of-the-test',
        'dead-mans-switch-url': `${receiversUrl}/ping`,
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'receivers' },
      spec: { selector: { 'app.kubernetes.io/name': 'receivers' }, ports: [{ port: 8080 }] },
    },
    nodePod('receivers', args, { readinessProbe, activeDeadlineSeconds: 3600 }),
  );
  await kubectl('wait', 'pod/receivers', '--for=condition=Ready', '--timeout=60s');
}

/** All messages so far, oldest first. */
export const messages = (): Promise<Message[]> =>
  node('receivers', "console.log(await (await fetch('http://localhost:8080')).text())");
