import { type Command, freePorts, ServerProcess } from './server-process.ts';

/** How the two services of a pair are started, with the ports they get in their environment. */
export interface PairDefinition {
  name: string;
  a: string[];
  b: string[];
  env?: Record<string, string>;
  /** What B is asked. */
  path: string;
}

/** Service A and Service B, or what does the same, as two processes. */
export class Pair {
  readonly name: string;
  readonly a: ServerProcess;
  readonly b: ServerProcess;
  readonly url: string;
  readonly grpcPort: number;
  readonly metricsUrl: { a: string; b: string };

  private constructor(
    name: string,
    { a, b }: { a: ServerProcess; b: ServerProcess },
    path: string,
    ports: { grpcA: number; adminA: number; httpB: number; adminB: number },
  ) {
    this.name = name;
    this.a = a;
    this.b = b;
    this.url = `http://127.0.0.1:${ports.httpB}${path}`;
    this.grpcPort = ports.grpcA;
    this.metricsUrl = {
      a: `http://127.0.0.1:${ports.adminA}/metrics`,
      b: `http://127.0.0.1:${ports.adminB}/metrics`,
    };
  }

  static async start({ name, a, b, env, path }: PairDefinition, pinned = true): Promise<Pair> {
    const ports = await freePorts('httpA', 'grpcA', 'adminA', 'httpB', 'adminB');
    const common = { HOST: '127.0.0.1', LOG_FORMAT: 'json', ...env };
    const commandA: Command = {
      command: a,
      env: {
        ...common,
        HTTP_PORT: `${ports.httpA}`,
        GRPC_PORT: `${ports.grpcA}`,
        ADMIN_PORT: `${ports.adminA}`,
      },
      ready: { port: ports.httpA, path: '/greeting' },
      pinned,
    };
    const commandB: Command = {
      command: b,
      env: {
        ...common,
        HTTP_PORT: `${ports.httpB}`,
        ADMIN_PORT: `${ports.adminB}`,
        SERVICE_A_GRPC_ADDRESS: `localhost:${ports.grpcA}`,
        SERVICE_A_HTTP_URL: `http://localhost:${ports.httpA}`,
      },
      ready: { port: ports.httpB, path },
      pinned,
    };
    const serviceA = await ServerProcess.start(commandA);
    try {
      const serviceB = await ServerProcess.start(commandB);
      return new Pair(name, { a: serviceA, b: serviceB }, path, ports);
    } catch (error) {
      await serviceA.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.b.stop(), this.a.stop()]);
  }
}

/** Starts pairs for a piece of work, and stops them after it. */
export async function withPairs<Result>(
  definitions: PairDefinition[],
  work: (pairs: Pair[]) => Promise<Result>,
): Promise<Result> {
  const pairs: Pair[] = [];
  try {
    for (const definition of definitions) pairs.push(await Pair.start(definition));
    return await work(pairs);
  } finally {
    await Promise.all(pairs.map((pair) => pair.stop()));
  }
}
