import { expect, test } from 'vitest';
import { imageArguments, imagesOf, parseImages } from './images.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const a = `registry.example:5000/team/service-a@${digest}`;
const b = `registry.example:5000/team/service-b@${digest}`;

test('an image is known by the last part of its repository', () => {
  expect(parseImages(`${b}  ${a}\n`)).toEqual(
    new Map([
      ['service-b', b],
      ['service-a', a],
    ]),
  );
});

test.each([
  ['a tag', 'registry.example/service-a:1.0.0'],
  ['a tag beside the digest', `registry.example/service-a:1.0.0@${digest}`],
  ['half a digest', 'registry.example/service-a@sha256:0123'],
  ['no registry', `service-a@${digest}`],
  ['another service', `registry.example/service-z@${digest}`],
  ['an option in disguise', `registry.example/service-a@${digest},service-b.enabled=false`],
])('%s is refused', (_, reference) => {
  expect(() => parseImages(reference)).toThrow(`--images: ${reference} must look like`);
});

test('images survive the way into the values of a release and back', () => {
  const values = {
    'service-a': { image: { repository: 'registry.example:5000/team/service-a', digest } },
    'service-b': { image: { repository: 'registry.example:5000/team/service-b', digest } },
  };
  expect(imagesOf(values)).toEqual(parseImages(`${a} ${b}`));
  expect(imageArguments(imagesOf(values))).toContain(`service-a.image.digest=${digest}`);
});

test('a release by tag has no image to promote', () => {
  expect(
    imagesOf({ 'service-a': { image: { repository: 'registry.example/service-a' } } }).size,
  ).toBe(0);
});

test('a service without an image is an error that names it', () => {
  expect(() => imageArguments(parseImages(a))).toThrow(/no image of service-b runs here yet/);
});
