import { once } from 'node:events';
import { createServer } from 'node:net';
import { listenError } from './start-error.ts';

/** Common interface of the servers of a service: HTTP, gRPC and admin. */
export interface Server {
  /** Starts listening and resolves to the port, a free one if `port` is 0. */
  listen(host: string, port: number): Promise<number>;
  /** Stops accepting connections and resolves when the requests in flight are answered. */
  close(): Promise<void>;
}

/** Servers by name. `http` gets its port from the setting HTTP_PORT, and so on. */
export type Servers = Record<string, { server: Server; port: number }>;

export interface Listening {
  ports: Record<string, number>;
  close(): Promise<void>;
}

/**
 * Opens all servers, or none. `::` is every address of the node, and of IPv4 alone where it has no IPv6.
 *
 * @throws StartError that names the setting of the port
 */
export async function listenAll(servers: Servers, setting: string): Promise<Listening> {
  const host = setting === '::' && !(await hasIpv6()) ? '0.0.0.0' : setting;
  const ports: Record<string, number> = {};
  const open: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(open.map((server) => server.close()));
  };
  for (const [name, { server, port }] of Object.entries(servers)) {
    try {
      ports[name] = await server.listen(host, port);
      open.push(server);
    } catch (error) {
      await close();
      throw listenError(host, port, `${name.toUpperCase()}_PORT`, error);
    }
  }
  return { ports, close };
}

/** Tried once, as each server reports in its own way that the kernel has no IPv6. */
async function hasIpv6(): Promise<boolean> {
  const probe = createServer();
  try {
    await once(probe.listen(0, '::'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}
