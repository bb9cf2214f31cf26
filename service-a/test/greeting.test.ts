import { nameRule } from '@my-app/proto/greeting/v1/name';
import { InvalidArgument } from '@my-app/service-kit/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { greet } from '../src/greeting.ts';
import { anyName, brokenText } from './support/names.ts';

const grin = '\u{1f600}'; // one character, two UTF-16 units

test('greets without a name', () => {
  expect(greet(undefined)).toBe('Hello from Service A!');
});

describe('a good name', () => {
  test.each([
    ['a simple name', 'Ada'],
    ['several words', 'Ada King'],
    ['another script', '愛達'],
    ['combined characters', 'A\u0308da'],
    ['one character', 'A'],
    ['64 characters', 'x'.repeat(64)],
    ['64 characters of two units', grin.repeat(64)],
    ['text that looks like markup or a format string', '<b>Ada</b> %s'],
  ])('%s', (_what, name) => {
    expect(greet(name)).toBe(`Hello ${name}, from Service A!`);
  });

  test.each(['  Ada ', '\tAda\n', '\u00a0Ada\u2003', '\u2028Ada\ufeff'])(
    'is trimmed: %j',
    (name) => {
      expect(greet(name)).toBe('Hello Ada, from Service A!');
    },
  );

  test('64 characters are counted after trimming', () => {
    expect(greet(`   ${'x'.repeat(64)}   `)).toBe(`Hello ${'x'.repeat(64)}, from Service A!`);
  });
});

describe('a bad name', () => {
  test.each([
    ['the empty string', ''],
    ['only white space', ' \t\n\u00a0\u2003\ufeff'],
    ['65 characters', 'x'.repeat(65)],
    ['65 characters of two units', grin.repeat(65)],
    ['a million characters', 'x'.repeat(1_000_000)],
    ['NUL', 'A\0da'],
    ['a line break', 'Ada\nKing'],
    ['an escape sequence', '\x1b[31mAda'],
    ['DEL', 'Ada\x7f'],
    ['a control character above ASCII', 'Ada\x85King'],
    ['a line separator', 'Ada\u2028King'],
    ['a paragraph separator', 'Ada\u2029King'],
    ['a lone high surrogate', 'Ada\ud83d'],
    ['a lone low surrogate', '\ude00Ada'],
  ])('%s', (_what, name) => {
    expect(() => greet(name)).toThrow(
      new InvalidArgument([{ field: 'name', description: nameRule }]),
    );
  });
});

describe('agrees with another implementation of the rule for any text', () => {
  test.each([
    ['valid Unicode', anyName],
    ['invalid Unicode', brokenText],
  ])('%s', (_what, texts) => {
    fc.assert(
      fc.property(texts, (name) => {
        const trimmed = name.trim();
        const characters = Array.from(trimmed, (character) => character.codePointAt(0) ?? 0);
        const good =
          characters.length >= 1 && characters.length <= 64 && !characters.some(isForbidden);
        if (good) expect(greet(name)).toBe(`Hello ${trimmed}, from Service A!`);
        else expect(() => greet(name)).toThrow(InvalidArgument);
      }),
      { numRuns: 500 },
    );
  });
});

function isForbidden(character: number): boolean {
  const control = character < 0x20 || (character >= 0x7f && character <= 0x9f);
  const separator = character === 0x2028 || character === 0x2029;
  const surrogate = character >= 0xd800 && character <= 0xdfff;
  return control || separator || surrogate;
}
