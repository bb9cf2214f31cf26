import { Agent, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { CallPolicy } from '../outbound/call-policy.ts';
import type { Outcome } from '../outbound/failure.ts';
import type { CallContext } from '../runtime/call-context.ts';
import type { Logger } from '../runtime/logging.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { Addresses } from './addresses.ts';
import { AttemptError, answerOf, failOnStatus, outcomeOf, toCallError } from './client-outcome.ts';
import { exchange, keepBodyFlowing } from './exchange.ts';

export interface HttpClientOptions {
  /** The peer's name, for the log and the circuit breaker's metric. */
  name: string;
  /** Base URL without a path. Every address that its host resolves to is used. */
  url: string;
  /** Deadline of the response headers, retries included, and idle timeout of the body, in ms. */
  deadlineMs: number;
  /** Timeout of each attempt but the last, in ms. */
  attemptTimeoutMs: number;
  logger: Logger;
  metrics: Pick<Metrics, 'httpClientDuration' | 'circuitBreakerState'>;
}

export interface HttpRequest {
  method: string;
  /** Includes the query. */
  path: string;
  headers: OutgoingHttpHeaders;
  body?: Buffer | undefined;
}

export interface HttpClient {
  /**
   * Resolves to any valid response, whatever its status, by the policy of docs/calls.md.
   *
   * @throws CallError: 503 without a connection, 504 at the deadline, 502 for an invalid response
   */
  send(request: HttpRequest, context: CallContext): Promise<IncomingMessage>;
  close(): void;
}

/** RFC 9110, section 9.2.1, without PUT and DELETE, whose handlers are often not idempotent. */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Calls have a deadline, retries, a circuit breaker, spans and metrics, as in createGrpcClient. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const base = new URL(options.url);
  // Separate agents ignore http_proxy from the environment, like the gRPC hop.
  const Kept = base.protocol === 'https:' ? TlsAgent : Agent;
  const agent = new Kept({ keepAlive: true, maxSockets: 256 });
  const policy = new CallPolicy({ ...options, outcomeOf });
  const addresses = new Addresses(base.hostname);
  return {
    async send(request, context) {
      let response: IncomingMessage | undefined;
      const call = policy.execute({
        context,
        repeatable: repeatable.has(request.method),
        async attempt(current) {
          response?.destroy(); // of the previous attempt
          const address = await addresses.pick().catch((error: unknown) => {
            throw new AttemptError('unreachable', error);
          });
          const started = performance.now();
          const settle = (outcome: Outcome): void =>
            addresses.ejection.record(address, outcome, performance.now() - started);
          try {
            response = await exchange({
              base,
              address,
              agent,
              request,
              context,
              options,
              ...current,
            });
            failOnStatus(response);
            settle({});
            return response;
          } catch (error) {
            settle(outcomeOf(error));
            throw error;
          }
        },
      });
      response = await call.catch(answerOf).catch((error) => {
        throw toCallError(error);
      });
      keepBodyFlowing(response, context, options.deadlineMs);
      return response;
    },
    close() {
      addresses.close();
      agent.destroy();
    },
  };
}
