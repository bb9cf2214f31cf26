import dns from 'node:dns';
import { vi } from 'vitest';
import { atEnd } from './cleanup.ts';

/** What a headless Kubernetes service is to its callers: a name whose addresses come and go. */
export interface Name {
  host: string;
  addresses: string[];
  /** How often it was looked up. */
  lookups: number;
}

/**
 * Gives a name addresses, as DNS would, for lookups from this process. Only the answer of the
 * system's resolver is made up: when to ask, and what to do with new answers, is grpc-js' own.
 */
export function createName(...addresses: string[]): Name {
  const name: Name = { host: 'service-a.test', addresses, lookups: 0 };
  const original = dns.promises.lookup;
  const spy = vi.spyOn(dns.promises, 'lookup').mockImplementation((async (
    host: string,
    options: dns.LookupAllOptions,
  ) => {
    if (host !== name.host) return original(host, options);
    name.lookups += 1;
    if (name.addresses.length === 0) throw Object.assign(new Error(host), { code: 'ENOTFOUND' });
    return name.addresses.map((address) => ({ address, family: 4 }));
  }) as typeof dns.promises.lookup);
  atEnd(() => spy.mockRestore());
  return name;
}
