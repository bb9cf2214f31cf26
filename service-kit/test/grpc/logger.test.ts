import { openCalls } from '@my-app/test-support/raw-http2';
import { expect, test, vi } from 'vitest';
import { logGrpcErrors } from '../../src/grpc/logger.ts';
import { echoService, start } from '../support/echo.ts';
import { captureLogs } from '../support/logs.ts';

test('samples the lines about invalid metadata, and logs no value', async () => {
  const { address } = await start();
  const { logger, lines } = captureLogs();
  logGrpcErrors(logger);
  const token = { authorization: 'Bearer top-secret-\u00e9' };
  await openCalls(address, echoService.echo.path, 100, token);
  await vi.waitFor(() => expect(lines).not.toEqual([]));
  await openCalls(address, echoService.echo.path, 100, token);
  expect(lines[0]?.msg).toBe('grpc-js: Failed to add metadata entry authorization');
  expect(lines.length).toBeLessThan(50);
  expect(JSON.stringify(lines)).not.toContain('top-secret');
});
