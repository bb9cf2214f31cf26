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
 * Opens all servers, or none.
 *
 * @throws StartError that names the setting of the port
 */
export async function listenAll(servers: Servers, host: string): Promise<Listening> {
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
