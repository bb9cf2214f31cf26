import { expect, test } from 'vitest';
import { listenError } from '../../src/runtime/start-error.ts';

test('a port in use: the message names it and its setting', () => {
  const error = listenError('::', 8011, 'HTTP_PORT', new Error('listen EADDRINUSE: :::8011'));
  expect(error.message).toBe(
    'port 8011 is in use: stop the process that uses it, or choose another with HTTP_PORT',
  );
});

test.each([
  ['an error', new Error('listen EACCES')],
  ['what is none', 'listen EACCES'],
])('any other reason of %s: says the settings to look at', (_what, reason) => {
  expect(listenError('::', 80, 'HTTP_PORT', reason).message).toBe(
    'cannot listen on :::80 (HOST, HTTP_PORT): listen EACCES',
  );
});
