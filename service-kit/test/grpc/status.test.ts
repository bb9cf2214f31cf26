import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { httpStatusOf, statusName } from '../../src/grpc/status.ts';

// https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto, written independently of the source.
const table: [name: keyof typeof status, http: number][] = [
  ['OK', 200],
  ['CANCELLED', 499],
  ['UNKNOWN', 500],
  ['INVALID_ARGUMENT', 400],
  ['DEADLINE_EXCEEDED', 504],
  ['NOT_FOUND', 404],
  ['ALREADY_EXISTS', 409],
  ['PERMISSION_DENIED', 403],
  ['RESOURCE_EXHAUSTED', 429],
  ['FAILED_PRECONDITION', 400],
  ['ABORTED', 409],
  ['OUT_OF_RANGE', 400],
  ['UNIMPLEMENTED', 501],
  ['INTERNAL', 500],
  ['UNAVAILABLE', 503],
  ['DATA_LOSS', 500],
  ['UNAUTHENTICATED', 401],
];

test.each(table)('%s is HTTP %i', (name, http) => {
  expect(httpStatusOf(status[name])).toBe(http);
  expect(statusName(status[name])).toBe(name);
});

test('the table has every code', () => {
  const codes = Object.values(status).filter((code) => typeof code === 'number');
  expect(new Set(table.map(([name]) => status[name]))).toEqual(new Set(codes));
});

test('a code that does not exist is UNKNOWN, and 500', () => {
  expect(httpStatusOf(99 as status)).toBe(500);
  expect(statusName(99 as status)).toBe('UNKNOWN');
});
