import { portsOf, services } from '../services.ts';

const header = `{
  // Written by \`npm run generate\`. Attaches to what \`npm run dev -- --inspect\` or \`tilt up\` runs. A restart at an edit keeps the
  // port, so the debugger attaches again. Node.js runs the TypeScript source: there are no source maps.
`;

/** `.vscode/launch.json`: each service as a local process and in a pod, by its inspector's port. */
export async function launchFile(): Promise<string> {
  const own = await Promise.all(services.map(configurationsOf));
  const json = JSON.stringify({ version: '0.2.0', configurations: own.flat() }, null, 2);
  return `${json.replace('{\n', () => header)}\n`;
}

async function configurationsOf(service: string): Promise<object[]> {
  const { admin = 0 } = await portsOf(service);
  // The same sum as in tools/dev/start and in the Tiltfile.
  const attach = { type: 'node', request: 'attach', port: admin + 200, restart: true };
  const folders = { localRoot: '$' + '{workspaceFolder}', remoteRoot: '/app' };
  return [
    { name: `${service}: local`, ...attach },
    { name: `${service}: pod`, ...attach, ...folders },
  ];
}
