import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { services } from '../services.ts';
import { releaseFile } from './release-file.ts';

const revision = '0123456789abcdef0123456789abcdef01234567';
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const images = services.map((service, i) => `localhost:5001/my-app/${service}:1@${digest(`${i}`)}`);

test('names the commit and the image of every service', () => {
  const file = parse(releaseFile(revision, ...images));
  expect(file.revision).toBe(revision);
  services.forEach((service, i) => {
    expect(file[service].image.digest).toBe(digest(`${i}`));
  });
});

test('explains invalid arguments', () => {
  expect(() => releaseFile('main', ...images)).toThrow('"main" is not a full commit hash');
  expect(() => releaseFile(revision, ...images.slice(1))).toThrow(`no image of ${services[0]}`);
  expect(() => releaseFile(revision, 'service-a:1.0')).toThrow('is not REPOSITORY@sha256:…');
  expect(() => releaseFile(revision, ...images, `other@${digest('a')}`)).toThrow('no such service');
});

test.each(['staging', 'production'])('the release file of %s has every service', (environment) => {
  const file = readFileSync(`deploy/environments/releases/${environment}.yaml`, 'utf8');
  expect(Object.keys(parse(file)).sort()).toEqual(['revision', ...services].sort());
});
