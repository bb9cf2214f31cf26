import fc from 'fast-check';
import { expect, test } from 'vitest';
import { requestIdFrom } from '../../src/runtime/request-id.ts';

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

test.each(['a', 'x'.repeat(64), '0b9f1a52-6f7c-4f43-9d2b-2f6f1f0f8e11', 'trace_1.2:3-4'])(
  'keeps %s',
  (id) => {
    expect(requestIdFrom(id)).toBe(id);
  },
);

test.each([
  ['none', undefined],
  ['an empty one', ''],
  ['one that is too long', 'x'.repeat(65)],
  ['one with a space', 'a b'],
  ['one that breaks the line', 'a\nb'],
  ['one that ends in a line break', 'a\n'],
  ['one in another script', 'é'],
  ['several', ['a', 'b']],
  ['bytes', Buffer.from('a')],
])('makes a new id for %s', (_what, header) => {
  expect(requestIdFrom(header)).toMatch(uuid);
});

test('generates a different id each time', () => {
  expect(requestIdFrom(undefined)).not.toBe(requestIdFrom(undefined));
});

test('any header results in an id that is safe in logs and headers', () => {
  fc.assert(
    fc.property(fc.anything(), (header) => {
      expect(requestIdFrom(header)).toMatch(/^[\w.:-]{1,64}$/);
    }),
  );
});
