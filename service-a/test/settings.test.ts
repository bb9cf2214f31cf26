import { describeConfig, readConfig } from '@my-app/service-kit/runtime';
import { expect, test } from 'vitest';
import { settings } from '../src/settings.ts';

test('the defaults are the documented ports, and no faults', () => {
  expect(readConfig(settings, {})).toMatchObject({
    HTTP_PORT: 8011,
    GRPC_PORT: 50051,
    ADMIN_PORT: 9011,
    GRPC_MAX_CONNECTION_AGE_MS: 300_000,
    FAULT_DELAY_MS: 0,
    FAULT_ERROR_RATE: 0,
  });
});

test.each([
  ['GRPC_PORT', '65536', 'an integer from 0 to 65535'],
  ['GRPC_MAX_CONNECTION_AGE_MS', '99', 'an integer from 100 to 3600000'],
  ['FAULT_DELAY_MS', '-1', 'an integer from 0 to 600000'],
  ['FAULT_ERROR_RATE', '1.1', 'a number from 0 to 1'],
])('%s=%s is rejected', (name, value, allowed) => {
  expect(() => readConfig(settings, { [name]: value })).toThrow(
    `${name}="${value}" is not allowed: it must be ${allowed}`,
  );
});

test('every setting has a description', () => {
  for (const line of describeConfig(settings).split('\n')) {
    expect(line.trim().split(/ {2,}/)).toHaveLength(4);
  }
});
