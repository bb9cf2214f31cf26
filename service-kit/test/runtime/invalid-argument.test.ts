import { expect, test } from 'vitest';
import { InvalidArgument } from '../../src/runtime/invalid-argument.ts';

test('lists every violation in its message', () => {
  const error = new InvalidArgument([
    { field: 'name', description: 'must not be empty' },
    { field: 'age', description: 'must be a number' },
  ]);
  expect(error.name).toBe('InvalidArgument');
  expect(error.message).toBe('name must not be empty; age must be a number');
});
