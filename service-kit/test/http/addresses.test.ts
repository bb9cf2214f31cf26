import { createName } from '@my-app/test-support/fake-dns';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Addresses } from '../../src/http/addresses.ts';

test('an address that the last lookup lacks is used only while all that it has are ejected', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
  const name = createName('10.0.0.1', '10.0.0.2');
  const addresses = new Addresses(name.host);
  onTestFinished(() => {
    addresses.close();
    vi.useRealTimers();
  });
  const pickTwice = async () => [await addresses.pick(), await addresses.pick()].sort();
  expect(await pickTwice()).toEqual(['10.0.0.1', '10.0.0.2']);

  name.addresses = ['10.0.0.2'];
  await vi.advanceTimersByTimeAsync(5000);
  expect(await pickTwice()).toEqual(['10.0.0.2', '10.0.0.2']);

  addresses.ejection.record('10.0.0.2', { failure: 'unreachable' }, 400);
  expect(await pickTwice()).toEqual(['10.0.0.1', '10.0.0.1']);
});
