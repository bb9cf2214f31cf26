import { expect, test } from 'vitest';
import { subsetOf } from '../../src/outbound/subset.ts';

const addresses = Array.from({ length: 20 }, (_, n) => `10.0.0.${n}`);
const none = () => false;

test('when an address goes, only its clients change, and each changes one', () => {
  const [gone, ...others] = addresses;
  for (let n = 0; n < 100; n++) {
    const before = subsetOf(`client ${n}`, addresses, none);
    const added = subsetOf(`client ${n}`, others, none).filter((one) => !before.includes(one));
    expect(added).toHaveLength(before.includes(`${gone}`) ? 1 : 0);
  }
});

test('uses all of ten addresses', () => {
  expect(subsetOf('client', addresses.slice(10), none).sort()).toEqual(addresses.slice(10));
});

test('adds ten addresses while more than half of the first ten fail, and no more', () => {
  const first = subsetOf('client', addresses, none);
  const failing = (count: number) => (one: string) => first.slice(0, count).includes(one);
  expect(first).toHaveLength(10);
  expect(subsetOf('client', addresses, failing(5))).toEqual(first);
  expect(subsetOf('client', addresses, failing(6)).slice(0, 10)).toEqual(first);
  expect(subsetOf('client', [...addresses, '10.0.0.20'], () => true)).toHaveLength(20);
});
