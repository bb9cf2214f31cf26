import fc from 'fast-check';

/** Valid and invalid names of every kind that the rule distinguishes. */
export const anyName: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 70 }),
  fc.string({ unit: 'binary', maxLength: 70 }),
  fc.string({ unit: 'grapheme-ascii', minLength: 60, maxLength: 68 }),
  fc.string({
    unit: fc.constantFrom('a', 'é', '\u{1f600}', 'e\u0301'),
    minLength: 60,
    maxLength: 68,
  }),
  fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\u00a0', '\u2003', '\ufeff', 'x') }),
  fc.string({ unit: fc.constantFrom('\0', '\r', '\x1f', '\x7f', '\x85', '\u2028', '\u2029', 'x') }),
  fc.constantFrom('', ' ', '__proto__', '%', '%ff', '+', '&name=b', '\u200b', '%00', '"', '<b>'),
);

/** Text that is not valid Unicode: it contains a lone surrogate. */
export const brokenText: fc.Arbitrary<string> = fc.string({
  unit: fc.integer({ min: 0xd7f0, max: 0xe010 }).map((unit) => String.fromCharCode(unit)),
  maxLength: 10,
});
