import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

export function lines(logger: Logger, request: FastifyRequest, call: Call): void {
  // ruleid: request-logged-whole
  logger.info(request, 'asked');
  // ruleid: request-logged-whole
  request.log.info({ headers: request.headers }, 'asked');
  // ruleid: request-logged-whole
  logger.debug({ metadata: call.metadata.getMap() });
  // ruleid: request-logged-whole
  logger.warn(`asked with ${JSON.stringify(request.body)}`);
  // ruleid: request-logged-whole
  logger.error({ err: new Error('no'), request }, 'failed');
  // ok: request-logged-whole
  logger.info({ method: request.method, request_id: request.id }, 'asked');
  // ok: request-logged-whole
  logger.info('request');
}

export async function failures(logger: Logger, work: () => Promise<void>): Promise<void> {
  // ruleid: error-swallowed
  try {
    await work();
  } catch {}
  // ruleid: error-swallowed
  try {
    await work();
  } catch (error) {
    // never mind
  }
  // ruleid: error-swallowed
  await work().catch(() => {});
  // ok: error-swallowed
  try {
    await work();
  } catch (error) {
    logger.warn({ err: error }, 'failed');
  }
}
