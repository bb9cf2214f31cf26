import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../services.ts';
import { pinnedSource } from './flux-source.ts';

const revision = '0123456789abcdef0123456789abcdef01234567';

test.each(['staging', 'production'])(
  "Flux's source of %s is pinned to the commit",
  (environment) => {
    const source = readFileSync(join(root, `deploy/flux/${environment}/release.yaml`), 'utf8');
    const { spec, ...rest } = parse(source);
    const pinned = { ...rest, spec: { ...spec, ref: { commit: revision } } };
    expect(parse(pinnedSource(source, revision))).toEqual(pinned);
    expect(parse(pinnedSource(pinnedSource(source, revision), revision))).toEqual(pinned);
  },
);
