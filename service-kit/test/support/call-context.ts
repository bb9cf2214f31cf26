import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { CallContext } from '../../src/runtime/call-context.ts';

/** The context of an inbound request that allows a minute. */
export const callContext = (of: Partial<CallContext> = {}): CallContext => ({
  requestId: 'test',
  trace: ROOT_CONTEXT,
  signal: new AbortController().signal,
  deadline: performance.now() + 60_000,
  ...of,
});
