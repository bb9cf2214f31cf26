import { isIP } from 'node:net';
import {
  type ChannelCredentials,
  Client,
  type MethodDefinition,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { idempotentMethods } from '@my-app/proto/idempotency';
import { CallPolicy } from '../../outbound/call-policy.ts';
import type { CallContext } from '../../runtime/call-context.ts';
import type { Logger } from '../../runtime/logging.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { StartError } from '../../runtime/start-error.ts';
import { logGrpcErrors } from '../logger.ts';
import {
  grpcTypeOf,
  type ServerStream,
  type StreamingUnsupported,
  type Unary,
} from '../method-kind.ts';
import { attemptsAt, type MakeAttempt } from './attempt.ts';
import { channelOptions } from './channel.ts';
import { outcomeOf, toCallError } from './outcome.ts';
import { targetOf } from './resolver.ts';
import { streamReader, streamsAt } from './server-stream.ts';

/**
 * A function for each method of a service that is unary or streams its answer: then it returns its messages, and the call
 * begins with the first that is asked for. Both throw InvalidArgument if the peer rejects the request, else CallError.
 */
export type GrpcClient<Definition> = {
  [Name in keyof Definition]: Definition[Name] extends Unary &
    MethodDefinition<infer Request, infer Response>
    ? (request: Request, callContext: CallContext) => Promise<Response>
    : Definition[Name] extends ServerStream & MethodDefinition<infer Request, infer Response>
      ? (request: Request, callContext: CallContext) => AsyncGenerator<Response, void>
      : StreamingUnsupported;
} & { close(): void };

export interface GrpcClientOptions {
  /** The peer's name, for the log and the circuit breaker's metric. */
  name: string;
  /** host:port. Every address that the host resolves to is used. Under TLS not an IP address. */
  address: string;
  credentials: ChannelCredentials;
  /** For a call, retries included, in ms; of a stream until its first message. */
  deadlineMs: number;
  /** For one attempt while another may follow, in ms. */
  attemptTimeoutMs: number;
  /** Metadata of each call, besides the trace and the request id. */
  metadata?: (callContext: CallContext) => Record<string, string>;
  logger: Logger;
  metrics: Metrics;
}

/**
 * A client whose calls have a deadline, retries, a circuit breaker, spans and metrics. Only methods whose proto file
 * declares an `idempotency_level` are repeated after the peer may have seen the request: docs/calls.md. It connects
 * on its first call, so the peer may start later.
 *
 * @throws StartError if the address is an IP address under TLS
 */
export function createGrpcClient<Definition extends ServiceDefinition>(
  definition: Definition,
  options: GrpcClientOptions,
): GrpcClient<Definition>;
export function createGrpcClient(
  definition: ServiceDefinition,
  options: GrpcClientOptions,
): GrpcClient<ServiceDefinition> {
  const { address, credentials, metrics, logger } = options;
  // Node.js sends no TLS server name that is an IP address (RFC 6066), and grpc-js always sends one.
  if (
    credentials._isSecure() &&
    isIP(new URL(`http://${address}`).hostname.replace(/[[\]]/g, ''))
  ) {
    throw new StartError(
      `with TLS, the gRPC address of ${options.name} must be a host name, not ${address}`,
    );
  }
  logGrpcErrors(logger);
  const client = new Client(targetOf(address), credentials, channelOptions);
  const policy = new CallPolicy({ ...options, outcomeOf });
  const readStreams = streamReader();
  const calls = Object.entries(definition).flatMap(([name, method]) => {
    const type = grpcTypeOf(method);
    if (!type) return [];
    const rpc_method = method.path.slice(1);
    metrics.rpcClientRetries.inc({ rpc_method }, 0);
    const withPolicy =
      <Result>(attempt: MakeAttempt<unknown, Result>) =>
      (request: unknown, callContext: CallContext): Promise<Result> =>
        policy
          .execute({
            context: callContext,
            repeatable: idempotentMethods.has(method.path),
            attempt: (current) => {
              if (current.previous > 0) metrics.rpcClientRetries.inc({ rpc_method });
              return attempt(request, callContext, current);
            },
          })
          .catch((error: unknown) => {
            throw toCallError(error);
          });
    const call =
      type === 'unary'
        ? withPolicy(attemptsAt(client, method, options))
        : readStreams(withPolicy(streamsAt(client, method, options)));
    return [[name, call]];
  });
  return { ...Object.fromEntries(calls), close: () => client.close() };
}
