import { Metadata, type StatusObject } from '@grpc/grpc-js';
import { expect, vi } from 'vitest';
import type { Call } from '../../src/grpc/server/inbound-call.ts';
import { type UnaryHandler, unaryHandler } from '../../src/grpc/server/unary.ts';
import { Admission } from '../../src/runtime/admission.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { captureLogs } from './logs.ts';
import { countsOf } from './metrics.ts';

interface Setting {
  metadata?: Record<string, string>;
  cancel?: 'before' | 'later';
  /** A Unix time, in ms. */
  deadline?: number;
  /** How many calls are admitted. */
  requests?: number;
}

/** Calls a handler as grpc-js does, without a network. */
export async function callUnary(
  handler: UnaryHandler<string, unknown>,
  { metadata, cancel, deadline = Number.POSITIVE_INFINITY, requests = 10 }: Setting = {},
) {
  const metrics = createMetrics();
  const { logger, lines } = captureLogs();
  const admission = new Admission({ requests });
  const seen = vi.fn(handler);
  const responseSerialize = (text: unknown) => text as Buffer;
  const method = { path: '/test.v1.Service/Call', responseSerialize };
  const handle = unaryHandler(method, seen, { logger, metrics, admission });

  const listeners: (() => void)[] = [];
  const serverCall = {
    request: 'ada',
    metadata: Metadata.fromHttp2Headers(metadata ?? {}),
    cancelled: cancel === 'before',
    getDeadline: () => deadline,
    once: (_event: string, listener: () => void) => listeners.push(listener),
  };
  type Answer = { error: Partial<StatusObject> | null; response: unknown };
  const answered = new Promise<Answer>((resolve) => {
    handle(serverCall as never, (error, response) =>
      resolve({ error: error as Answer['error'], response }),
    );
  });
  const end = (): void => {
    serverCall.cancelled = true;
    for (const listener of listeners) listener();
  };
  if (cancel === 'later') end();
  const answer = await answered;
  await vi.waitFor(() => expect(lines.at(-1)?.msg).toBe('call'));
  const [, given] = seen.mock.calls[0] ?? [];
  const series = await countsOf(metrics.rpcServerDuration);
  const counts = series.map(({ labels, value }) => [labels.rpc_status_code, value]);
  return { ...answer, metrics, counts, lines, handler: given as Call, end };
}
