import { existsSync } from 'node:fs';
import { createServer, isIP } from 'node:net';
import { misspelled } from '@my-app/service-kit/runtime';
import { portsOf, services, settingsOf } from '../../services.ts';

/** A service as `npm start` runs it. */
export interface Instance {
  name: string;
  /** By name, such as `{ http: 8011 }`. */
  ports: Record<string, number>;
  /** Of Node's inspector, if it is wanted. */
  inspectPort: number | undefined;
}

/** Where the services listen, and where they are found. */
export interface Environment {
  host: string;
  /** `host` as part of a URL, for callers on this machine. */
  peer: string;
  instances: Instance[];
  /** The settings that tell services where to find the others. */
  addresses: Record<string, string>;
}

const prefixOf = (service: string): string => service.replaceAll('-', '_').toUpperCase();

/**
 * Reads .env of the current folder, which does not override what is set, and the environment: HOST (default: loopback) and
 * `<SERVICE>_<NAME>_PORT`, such as SERVICE_A_HTTP_PORT. `inspect` adds SERVICE_A_INSPECT_PORT.
 *
 * @throws Error with one line for the user
 */
export async function readEnvironment(inspect: boolean): Promise<Environment> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const host = process.env.HOST || '127.0.0.1';
  if (!isIP(host) && host !== 'localhost') {
    throw new Error(
      `HOST=${JSON.stringify(host)} is not an IP address: set one, or unset it for 127.0.0.1`,
    );
  }
  const peer = peerOf(host);
  const variables = new Map<string, string>();
  const instances = await Promise.all(services.map((name) => instanceOf(name, variables, inspect)));
  const addresses = Object.assign({}, ...instances.map((one) => addressesOf(one, peer)));
  await warnOfTypos([...variables.keys(), ...Object.keys(addresses)]);
  await checkPorts(host, variables);
  return { host, peer, instances, addresses };
}

/** Loopback by its name, because certificates name hosts, not addresses; but the name may lack an IPv6 address. */
function peerOf(host: string): string {
  if (['0.0.0.0', '::', '127.0.0.1'].includes(host)) return 'localhost';
  return isIP(host) === 6 ? `[${host}]` : host;
}

async function instanceOf(
  name: string,
  variables: Map<string, string>,
  inspect: boolean,
): Promise<Instance> {
  const chosen = (port: string, byDefault: number): number => {
    const variable = `${prefixOf(name)}_${port.toUpperCase()}_PORT`;
    const text = process.env[variable] || `${byDefault}`;
    // Nor 0: nobody would find a port that the system chose.
    if (!/^[1-9]\d{0,4}$/.test(text) || Number(text) > 65_535)
      throw new Error(`${variable}=${JSON.stringify(text)} is not a port`);
    variables.set(variable, text);
    return Number(text);
  };
  const defaults = await portsOf(name);
  const ports = Object.entries(defaults).map(([port, number]) => [port, chosen(port, number)]);
  // The same as in the Tiltfile and in .vscode/launch.json: one for each service.
  const inspectPort = inspect ? chosen('inspect', (defaults.admin ?? 0) + 200) : undefined;
  return { name, ports: Object.fromEntries(ports), inspectPort };
}

/** The settings of other services for the address of this one, named after it by convention. */
function addressesOf({ name, ports: { grpc, http } }: Instance, peer: string): object {
  return {
    ...(grpc && { [`${prefixOf(name)}_GRPC_ADDRESS`]: `${peer}:${grpc}` }),
    ...(http && { [`${prefixOf(name)}_HTTP_URL`]: `http://${peer}:${http}` }),
  };
}

/** The services warn of their own settings; this knows the ports' variables. */
async function warnOfTypos(own: string[]): Promise<void> {
  const settings = await Promise.all(services.map(settingsOf));
  const others = settings.flatMap(({ properties }) => Object.keys(properties));
  for (const [name, meant] of misspelled(own, process.env)) {
    if (!others.includes(name))
      console.warn(`${name} is not a variable of \`npm start\`: did you mean ${meant}?`);
  }
}

/** Before anything starts: another instance would answer in place of the new one. */
async function checkPorts(host: string, variables: Map<string, string>): Promise<void> {
  const seen = new Map<string, string>();
  for (const [variable, port] of variables) {
    const other = seen.get(port);
    if (other) throw new Error(`${other} and ${variable} are both set to ${port}`);
    seen.set(port, variable);
    const reason = await whyNot(host, Number(port));
    if (reason === 'EADDRINUSE') {
      throw new Error(
        `port ${port} is in use: stop the process that uses it, or choose another with ${variable}`,
      );
    }
    if (reason) throw new Error(`cannot listen on ${host}:${port} (HOST, ${variable}): ${reason}`);
  }
}

function whyNot(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
